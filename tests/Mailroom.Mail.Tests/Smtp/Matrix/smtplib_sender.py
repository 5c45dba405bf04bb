"""Sends mails by smtplib as its documentation shows it, and says what the sender has to conclude for each recipient.

A line of JSON for each mail on standard input, a line of JSON for its result on standard output.
"""
import json
import smtplib
import ssl
import sys

PLAIN = "Subject: x\r\n\r\nhello\r\n"


def meaning(code):
    return "refused" if 500 <= code <= 599 else "try again"


def each(case, refused, otherwise):
    return [meaning(refused[a][0]) if a in refused else otherwise for a in case["to"]]


def trusting(roots):
    context = ssl.create_default_context(cadata=roots)
    # On by default since Python 3.13; the tests' certificates do not name the key of their issuer.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def talk(case, smtp):
    if case["roots"]:
        smtp.starttls(context=trusting(case["roots"]))
    if case["user"]:
        smtp.login(case["user"], case["secret"])
    if case["warm"]:
        try:
            smtp.sendmail("a@example.com", ["b@example.com"], PLAIN)
        except smtplib.SMTPException:
            pass
    text = "Subject: x\r\n\r\n" + case["text"] + "\r\n"
    options = [] if case["sender"].isascii() else ["SMTPUTF8"]
    # Text has its line ends made CRLF; only what is not ASCII has to be given as octets.
    return smtp.sendmail(case["sender"], case["to"], text if text.isascii() else text.encode("latin-1"), options)


def leave(smtp):
    try:
        if smtp.sock:
            smtp.quit()
    except OSError:
        pass
    finally:
        smtp.close()


def send(case):
    smtp = smtplib.SMTP("127.0.0.1", case["port"], local_hostname="client.test", timeout=case["patience"])
    try:
        return talk(case, smtp)
    finally:
        leave(smtp)


def conclude(case):
    try:
        refused = send(case)
        return each(case, refused, "delivered"), repr(refused)
    except smtplib.SMTPRecipientsRefused as e:
        return each(case, e.recipients, "try again"), repr(e)
    except smtplib.SMTPResponseException as e:
        return each(case, {}, meaning(e.smtp_code)), repr(e)
    except smtplib.SMTPServerDisconnected as e:
        return each(case, {}, "try again"), repr(e)
    except smtplib.SMTPException as e:
        # The server lacks an extension or a mechanism: no reply, and nothing that time would mend.
        return each(case, {}, "refused"), repr(e)
    except OSError as e:
        return each(case, {}, "try again"), repr(e)


for line in sys.stdin:
    concluded, told = conclude(json.loads(line))
    print(json.dumps({"each": concluded, "told": told}), flush=True)
