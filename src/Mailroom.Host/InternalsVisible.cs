using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Mailroom.Integration.Tests")]
[assembly: InternalsVisibleTo("mailroom-crash")]
