using Mailroom.Actors;
using Mailroom.Data;
using Mailroom.Host.Settings;
using Mailroom.Providers.Capture;

namespace Mailroom.Host.Running;

/// <summary>What a process stands on outside of itself, as the settings name it. A test gives others (D09).</summary>
internal sealed record ProcessParts
{
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Func<MailroomSettings, TimeProvider, IMailroomStore> OpenStore { get; init; } = Stores.Open;

    public Func<MailroomSettings, CapturedMailFolder?, TimeProvider, IMailProvider> OpenProvider { get; init; } = Providers.Open;
}
