namespace Mailroom.Testing;

/// <summary>The two files that make a Postfix which takes mail for one domain into one maildir and can send nothing.</summary>
internal sealed record PostfixConfiguration(string Folder, int Port, uint MailUser, uint MailGroup)
{
    public string ConfigFolder => Path.Combine(Folder, "etc");

    public string LogFile => Path.Combine(Folder, "log", "maillog");

    public string Maildir => Path.Combine(Folder, "mail", "inbox");

    public string CertificateFile => Path.Combine(ConfigFolder, "certificate.pem");

    public string KeyFile => Path.Combine(ConfigFolder, "key.pem");

    /// <summary>
    /// The relay rules refuse other domains, the transports turn everything else into an error, and
    /// <see cref="MasterCf"/> has no program that could speak SMTP to another server.
    /// </summary>
    public string MainCf => $"""
        compatibility_level = 3.6
        queue_directory = {Folder}/queue
        data_directory = {Folder}/data
        maillog_file = {LogFile}
        maillog_file_prefixes = {Folder}/log
        myhostname = postfix.mailroom.test
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        mynetworks = 127.0.0.1/32
        mydestination =
        alias_maps =
        alias_database =
        local_recipient_maps =
        local_transport = error:nothing is delivered locally
        relay_transport = error:nothing is delivered outside
        default_transport = error:nothing is delivered outside
        virtual_transport = virtual
        virtual_mailbox_domains = {Postfix.Domain}
        virtual_mailbox_base = {Folder}/mail
        virtual_mailbox_maps = static:inbox/
        virtual_mailbox_limit = 0
        virtual_uid_maps = static:{MailUser}
        virtual_gid_maps = static:{MailGroup}
        smtpd_relay_restrictions = reject_unauth_destination
        smtpd_tls_security_level = may
        smtpd_tls_cert_file = {CertificateFile}
        smtpd_tls_key_file = {KeyFile}
        smtpd_client_connection_count_limit = 0
        smtpd_error_sleep_time = 0
        message_size_limit = 52428800
        mailbox_size_limit = 0
        local_header_rewrite_clients =

        """;

    public string MasterCf => $"""
        127.0.0.1:{Port} inet n - n - - smtpd
        pickup     unix n - n 60    1 pickup
        cleanup    unix n - n -     0 cleanup
        qmgr       unix n - n 300   1 qmgr
        tlsmgr     unix - - n 1000? 1 tlsmgr
        rewrite    unix - - n -     - trivial-rewrite
        bounce     unix - - n -     0 bounce
        defer      unix - - n -     0 bounce
        trace      unix - - n -     0 bounce
        verify     unix - - n -     1 verify
        flush      unix n - n 1000? 0 flush
        proxymap   unix - - n -     - proxymap
        error      unix - - n -     - error
        retry      unix - - n -     - error
        virtual    unix - n n -     - virtual
        anvil      unix - - n -     1 anvil
        postlog    unix-dgram n - n - 1 postlogd

        """;
}
