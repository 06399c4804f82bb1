// Many tests wait for a server or a limit of time, and leave both cores idle with the one thread per core that is the default.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
