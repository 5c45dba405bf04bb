using System.CommandLine;
using Mailroom.Host.Commands;

// The service ends by its own shutdown timeout; the library's would cut it off after two seconds.
var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null };
return await CommandLine.Root().Parse(args).InvokeAsync(invocation).ConfigureAwait(false);
