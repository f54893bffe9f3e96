package dev.caravan.engine.model;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.layer.LowRankAdapter;
import dev.caravan.engine.layer.LowRankLinear;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * An adapter of random matrices for a test, and the same as a change of the base's own weights.
 *
 * @param modules by the name in the checkpoint without {@code .weight}
 */
public record RandomAdapter(Map<String, LowRankLinear> modules, LowRankAdapter adapter) {

    /** What it adds to an output is about as large as what the base gives. */
    private static final float SIZE = 0.3f;

    /** On every linear layer. */
    public static RandomAdapter all(Decoder decoder, int rank, long seed) {
        return of(decoder, EnumSet.allOf(Projection.class), rank, SIZE, new SplittableRandom(seed));
    }

    public static RandomAdapter of(Decoder decoder, Set<Projection> projections, int rank, long seed) {
        return of(decoder, projections, rank, SIZE, new SplittableRandom(seed));
    }

    /** As training begins: B is zero. */
    static RandomAdapter untrained(Decoder decoder, int rank) {
        return of(decoder, EnumSet.allOf(Projection.class), rank, 0, new SplittableRandom(1));
    }

    private static RandomAdapter of(
            Decoder decoder, Set<Projection> projections, int rank, float size, RandomGenerator random) {
        Map<String, LowRankLinear> modules = new LinkedHashMap<>();
        List<Map<Projection, LowRankLinear>> layers = new ArrayList<>();
        for (int layer = 0; layer < decoder.config().numHiddenLayers(); layer++) {
            Map<Projection, LowRankLinear> linears = new EnumMap<>(Projection.class);
            for (Projection projection : projections) {
                Tensor weight =
                        decoder.blocks().get(layer).projection(projection).weight();
                float[] down = gaussian(rank * weight.columns(), 1 / Math.sqrt(weight.columns()), random);
                float[] up = gaussian(rank * weight.rows(), size, random);
                linears.put(projection, new LowRankLinear(weight.columns(), weight.rows(), rank, 2f / rank, down, up));
                modules.put(projection.module(layer), linears.get(projection));
            }
            layers.add(linears);
        }
        return new RandomAdapter(modules, new LowRankAdapter(layers));
    }

    private static float[] gaussian(int size, double deviation, RandomGenerator random) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }

    BoundAdapter bound(float scale) {
        return new BoundAdapter(adapter, scale);
    }

    /** The checkpoint with {@code W + scale · scaling · B A} in the place of its weights, as F32. */
    Checkpoint merged(Checkpoint base, float scale) {
        return new Merged(base, modules, scale);
    }

    private record Merged(Checkpoint base, Map<String, LowRankLinear> modules, float scale) implements Checkpoint {

        @Override
        public Optional<Tensor> findTensor(String name) {
            Optional<Tensor> found = base.findTensor(name);
            LowRankLinear linear = modules.get(name.replaceFirst("\\.weight$", ""));
            return linear == null || !name.endsWith(".weight") ? found : found.map(weight -> merge(weight, linear));
        }

        private Tensor merge(Tensor weight, LowRankLinear linear) {
            int columns = weight.columns();
            MemorySegment data = Arena.ofAuto().allocate(DType.F32.byteSize(weight.elements()), 64);
            float[] row = new float[columns];
            try (Kernels kernels = KernelProvider.scalar()) {
                for (int o = 0; o < weight.rows(); o++) {
                    kernels.row(weight, o, row, 0);
                    for (int i = 0; i < columns; i++) {
                        double sum = 0;
                        for (int r = 0; r < linear.rank(); r++) {
                            sum += (double) linear.up()[r * linear.outputs() + o] * linear.down()[r * columns + i];
                        }
                        float value = (float) (row[i] + scale * (double) linear.scaling() * sum);
                        data.setAtIndex(ValueLayout.JAVA_FLOAT, (long) o * columns + i, value);
                    }
                }
            }
            return new Tensor(weight.name(), DType.F32, weight.shape(), data);
        }

        @Override
        public Path path() {
            return base.path();
        }

        @Override
        public String modelType() {
            return base.modelType();
        }

        @Override
        public JsonObject config() {
            return base.config();
        }

        @Override
        public List<String> tensorNames() {
            return base.tensorNames();
        }

        @Override
        public String nameInFile(String name) {
            return base.nameInFile(name);
        }

        @Override
        public List<Path> weightFiles() {
            return base.weightFiles();
        }

        @Override
        public long weightBytes() {
            return base.weightBytes();
        }

        @Override
        public boolean hasAdjacentRotaryPairs() {
            return base.hasAdjacentRotaryPairs();
        }

        @Override
        public boolean hasShiftedGemmaNorms() {
            return base.hasShiftedGemmaNorms();
        }

        @Override
        public void close() {
            base.close();
        }
    }
}
