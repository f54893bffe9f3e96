package dev.caravan.bench;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.kernel.Matrix;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * How fast the products of a low-rank adapter and their gradients run: look at {@code operations} a second.
 *
 * <p>Run the class with JMH's own options, for example {@code -p r=16}.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx1g"})
public class AdapterProductBenchmark {

    private static final int TOKENS = 512;

    /** An adapter's {@code a [r, I]} beside its input {@code x [T, I]} and their product {@code t [T, r]}. */
    @State(Scope.Benchmark)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls create()
    public static class Adapter {

        @Param({"8", "16", "64"})
        int r;

        @Param({"2048", "8192"})
        int size;

        @Param("2")
        int threads;

        private Kernels kernels;
        private Matrix x;
        private Matrix a;
        private Matrix t;

        @Setup
        public void create() {
            kernels = KernelProvider.create(threads);
            x = halves(TOKENS, size);
            a = halves(r, size);
            t = halves(TOKENS, r);
        }

        private static Matrix halves(int rows, int columns) {
            float[] values = new float[rows * columns];
            Arrays.fill(values, 0.5f);
            return Matrix.of(values, rows, columns);
        }

        @TearDown
        public void close() {
            kernels.close();
        }
    }

    /** What one call does, for rates by second. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Work {
        public long operations;
    }

    private static void multiply(Adapter s, Work work, Matrix left, Matrix right, float beta, Matrix result) {
        s.kernels.gemm(1, left, right, beta, result);
        work.operations += 2L * TOKENS * s.size * s.r;
    }

    /** {@code t = x aᵀ}. */
    @Benchmark
    public Matrix down(Adapter s, Work work) {
        multiply(s, work, s.x, s.a.transpose(), 0, s.t);
        return s.t;
    }

    /** {@code x = t a}: as an output with b, and as the gradient of the input. */
    @Benchmark
    public Matrix up(Adapter s, Work work) {
        multiply(s, work, s.t, s.a, 0, s.x);
        return s.x;
    }

    /** {@code a = tᵀ x}: the gradient of a. */
    @Benchmark
    public Matrix gradientOfA(Adapter s, Work work) {
        multiply(s, work, s.t.transpose(), s.x, 0, s.a);
        return s.a;
    }

    /** {@code aᵀ = xᵀ t}: the gradient of b, with b where a stands. */
    @Benchmark
    public Matrix gradientOfB(Adapter s, Work work) {
        Matrix b = Matrix.of(s.a.values(), s.size, s.r);
        multiply(s, work, s.x.transpose(), s.t, 0, b);
        return b;
    }

    /** Runs this class alone. */
    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
        new Runner(new OptionsBuilder()
                        .parent(new CommandLineOptions(arguments))
                        .include(AdapterProductBenchmark.class.getName())
                        .build())
                .run();
    }
}
