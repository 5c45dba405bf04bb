using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Mailroom.Actors.Tests")]
[assembly: InternalsVisibleTo("Mailroom.Simulation")]
