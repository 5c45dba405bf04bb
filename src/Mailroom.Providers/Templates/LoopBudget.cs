namespace Mailroom.Providers.Templates;

/// <summary>
/// The loop work left to the part being rendered. Empty nested loops print nothing, so the output's bound alone
/// would let three lists of a thousand elements turn a billion times.
/// </summary>
internal sealed class LoopBudget
{
    private int _left;
    private int _turnCost;

    public void Restart(int tags)
    {
        _left = TemplateLimits.LoopSteps;
        _turnCost = Math.Max(1, tags);
    }

    public void SpendTurn()
    {
        _left -= _turnCost;
        if (_left < 0)
        {
            throw TemplateFault.RenderFailed(
                $"its loops take more than {TemplateLimits.LoopSteps / _turnCost} turns: give shorter lists");
        }
    }
}
