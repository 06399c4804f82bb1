// Many tests wait for a server or a time limit. With the default of one thread per core, cores would be idle.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
