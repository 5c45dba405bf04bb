using Mailroom.Host.Commands;

return await CommandLine.Root().Parse(args).InvokeAsync().ConfigureAwait(false);
