namespace Sact.Session.Tests;

/// <summary>Lone surrogates are found at every place, near the start of a string and behind it.</summary>
public sealed class WellFormedStrings
{
    [Fact]
    public void HaveNoLoneSurrogateAtAnyPlace()
    {
        for (int place = 0; place < 140; place++)
        {
            string before = new('a', place);
            foreach (string after in new[] { "", "b", new string('b', 80) })
            {
                Assert.False(UnicodeRule.IsWellFormed(before + '\ud83d' + after));
                Assert.False(UnicodeRule.IsWellFormed(before + '\ude00' + after));
                Assert.True(UnicodeRule.IsWellFormed(before + "\ud83d\ude00" + after));
                Assert.True(UnicodeRule.IsWellFormed(before + after));
            }
        }
    }
}
