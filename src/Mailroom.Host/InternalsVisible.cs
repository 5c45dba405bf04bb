using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Mailroom.Integration.Tests")]
