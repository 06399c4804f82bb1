using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;

namespace Sact.Session;

/// <summary>Stops the output cache from storing a response. That cache follows its policies and ignores the headers.</summary>
internal struct OutputCacheSwitch()
{
    // The revision of the features that had no output cache: until the next change there is still none.
    private int _revisionWithoutCache = -1;

    /// <param name="features">The features of the request.</param>
    /// <param name="always">Whether to look although the revision is known. Some servers count a change before they make it.</param>
    public void TurnOff(IFeatureCollection features, bool always)
    {
        // Read before the look: the middleware of the cache uses no lock, and may add its feature just after.
        int revision = features.Revision;
        if (revision == _revisionWithoutCache && !always)
        {
            return;
        }

        if (features[typeof(IOutputCacheFeature)] is IOutputCacheFeature cache)
        {
            cache.Context.AllowCacheStorage = false;
        }
        else
        {
            _revisionWithoutCache = revision;
        }
    }
}
