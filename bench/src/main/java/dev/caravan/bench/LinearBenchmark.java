package dev.caravan.bench;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
 * How fast a linear layer and its gradient run, by weight type. One token is bound by memory: look at {@code weightBytes} a second. Many
 * tokens are bound by arithmetic: look at {@code operations} a second.
 *
 * <p>Run the class with JMH's own options, for example {@code -p dtype=Q4_K -p tokens=1}.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx1g"})
public class LinearBenchmark {

    /** A weight larger than a third-level cache in all but the narrowest types. */
    @State(Scope.Benchmark)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls create()
    public static class Layer {
        private static final int INPUTS = 2048;
        private static final int OUTPUTS = 32768;

        @Param
        DType dtype;

        @Param({"1", "4", "512"})
        int tokens;

        @Param("2")
        int threads;

        private Kernels kernels;
        private Tensor weight;
        private float[] x;
        private float[] y;

        @Setup
        public void create() {
            int outputs = tokens > 16 ? OUTPUTS / 16 : OUTPUTS;
            MemorySegment data = Arena.ofAuto().allocate(dtype.byteSize((long) outputs * INPUTS), 64);
            // As a half-precision scale 0x2121 is about 0.01; as bits of quants it is as good as any.
            data.fill((byte) 0x21);
            weight = new Tensor("weight", dtype, new long[] {outputs, INPUTS}, data);
            kernels = KernelProvider.create(threads);
            x = new float[tokens * INPUTS];
            Arrays.fill(x, 0.5f);
            y = new float[tokens * outputs];
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
        public long weightBytes;
        public long operations;
    }

    @Benchmark
    public float[] linear(Layer layer, Work work) {
        layer.kernels.linear(layer.weight, layer.x, layer.y, layer.tokens);
        work.weightBytes += layer.weight.data().byteSize();
        work.operations += 2 * layer.weight.elements() * layer.tokens;
        return layer.y;
    }

    /** The gradient of the same layer: y stands for its gradient, x receives the gradient of the input. */
    @Benchmark
    public float[] linearBackward(Layer layer, Work work) {
        layer.kernels.linearBackward(layer.weight, layer.y, layer.x, layer.tokens);
        work.weightBytes += layer.weight.data().byteSize();
        work.operations += 2 * layer.weight.elements() * layer.tokens;
        return layer.x;
    }

    /** Runs this class alone. */
    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
        new Runner(new OptionsBuilder()
                        .parent(new CommandLineOptions(arguments))
                        .include(LinearBenchmark.class.getName())
                        .build())
                .run();
    }
}
