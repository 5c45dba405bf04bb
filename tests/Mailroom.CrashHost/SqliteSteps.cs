using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mailroom.CrashHost;

/// <summary>
/// The points <c>sqlite TEXT</c>: SQLite is about to run a statement that contains the text (<c>sqlite *</c>: any), those of triggers
/// and of migrations included. By SQLite's own trace (sqlite.org/c3ref/trace_v2.html), put on every connection as it is opened.
/// </summary>
internal static unsafe class SqliteSteps
{
    private const string Library = "e_sqlite3";
    private const string Prefix = "sqlite ";
    private const string Any = "*";

    /// <summary>SQLITE_TRACE_STMT.</summary>
    private const uint Statements = 1;

    private static CrashPoint s_crash = null!;
    private static string s_text = "";

    /// <summary>Does nothing where the point is another one.</summary>
    public static void Watch(CrashPoint crash)
    {
        if (crash.Name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            (s_crash, s_text) = (crash, crash.Name[Prefix.Length..]);
            _ = AutoExtension(&Opened);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Opened(nint database, nint error, nint api) => TraceV2(database, Statements, &Begins, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Begins(uint what, nint context, nint statement, nint sql)
    {
        // A trigger's statement is told as a comment; its text is known only with it.
        if (s_text == Any || Marshal.PtrToStringUTF8(sql)!.Contains(s_text, StringComparison.Ordinal))
        {
            s_crash.Count();
        }

        return 0;
    }

    [DllImport(Library, EntryPoint = "sqlite3_auto_extension")]
    private static extern int AutoExtension(delegate* unmanaged[Cdecl]<nint, nint, nint, int> entry);

    [DllImport(Library, EntryPoint = "sqlite3_trace_v2")]
    private static extern int TraceV2(nint database, uint mask, delegate* unmanaged[Cdecl]<uint, nint, nint, nint, int> callback, nint context);
}
