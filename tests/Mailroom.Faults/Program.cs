using System.Globalization;
using Mailroom.Faults;

string? Text(string option) => Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

double Number(string option, double otherwise) => Text(option) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

if (args.Contains("--help"))
{
    Console.Out.WriteLine("usage: ./test --run dotnet run --project tests/Mailroom.Faults -c Release -- [--nodes N] [--kills N] [--minutes M] [--seed S] [--rate MAILS_A_SECOND] [--lease SECONDS] [--program PATH]");
    return 0;
}

var usual = new FaultOptions();
var options = usual with
{
    Nodes = (int)Number("--nodes", usual.Nodes),
    Kills = (int)Number("--kills", usual.Kills),
    Most = TimeSpan.FromMinutes(Number("--minutes", usual.Most.TotalMinutes)),
    Seed = (int)Number("--seed", usual.Seed),
    Rate = (int)Number("--rate", usual.Rate),
    Lease = TimeSpan.FromSeconds(Number("--lease", usual.Lease.TotalSeconds)),
    Program = Text("--program"),
};
var reckoning = await FaultRun.RunAsync(options, Console.Out.WriteLine);
return reckoning.Violations.Count == 0 ? 0 : 1;
