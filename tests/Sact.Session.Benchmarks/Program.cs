using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(Sact.Session.Benchmarks.UntouchedRequest).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args);
