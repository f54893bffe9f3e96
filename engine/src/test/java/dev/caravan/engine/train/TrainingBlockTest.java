package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.DecoderBlock;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.TinyCheckpoint;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients that a layer's parts hand down, against central differences in double precision. */
class TrainingBlockTest {

    private static final double TOLERANCE = 2e-5;
    private static final int LAYER = 1;
    private static final int[] LENGTHS = {9, 4};

    @TempDir
    private Path folder;

    /** A layer with all that a pass through it needs. */
    private static final class Setting {
        final Decoder decoder;
        final LoraAdapter adapter;
        final ReferenceDecoder reference;
        final PackedBatch batch;
        final int tokens;
        final int hidden;
        final TrainingSizes sizes;
        final TrainingBuffers buffers;
        final BlockActivations kept;
        final LoraGradients gradients;
        final SplittableRandom random = new SplittableRandom(5);

        Setting(Decoder decoder, Kernels kernels) {
            this.decoder = decoder;
            adapter = TinyTraining.adapter(LoraConfig.of(4, 8), decoder, 1);
            reference = new ReferenceDecoder(decoder, adapter);
            batch = TinyTraining.batch(decoder.config().vocabSize(), 3, LENGTHS);
            tokens = batch.tokens().length;
            hidden = decoder.config().hiddenSize();
            sizes = TrainingSizes.of(decoder, adapter.config(), tokens);
            buffers = new TrainingBuffers(kernels, sizes, decoder.rotaryEmbeddings());
            kept = new BlockActivations(sizes);
            gradients = new LoraGradients(adapter);
            buffers.begin(batch, Dropout.NONE);
        }

        DecoderBlock block() {
            return decoder.blocks().get(LAYER);
        }

        Map<Projection, AdaptedLinear> layers() {
            Map<Projection, AdaptedLinear> layers = new EnumMap<>(Projection.class);
            for (Projection projection : Projection.values()) {
                layers.put(projection, AdaptedLinear.of(block().projection(projection), projection, LAYER, adapter));
            }
            return layers;
        }

        float[] gaussian() {
            float[] values = new float[tokens * hidden];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return values;
        }

        /** A sequence's rows. */
        double[][] rows(double[] x, int sequence) {
            double[][] rows = new double[LENGTHS[sequence]][];
            for (int t = 0; t < rows.length; t++) {
                int from = (batch.starts()[sequence] + t) * hidden;
                rows[t] = Arrays.copyOfRange(x, from, from + hidden);
            }
            return rows;
        }

        /** The output of a part of the layer on all sequences, times fixed weights. */
        double weighted(double[] x, float[] dy, Part part) {
            double sum = 0;
            for (int sequence = 0; sequence < LENGTHS.length; sequence++) {
                double[][] y = part.apply(rows(x, sequence));
                for (int t = 0; t < y.length; t++) {
                    int from = (batch.starts()[sequence] + t) * hidden;
                    for (int i = 0; i < hidden; i++) {
                        sum += dy[from + i] * y[t][i];
                    }
                }
            }
            return sum;
        }
    }

    private interface Part {
        double[][] apply(double[][] rows);
    }

    private interface Check {
        void run(Setting setting);
    }

    private void use(String name, Check check) {
        try (Kernels kernels = KernelProvider.create(2);
                Checkpoint checkpoint = SafetensorsCheckpoint.open(
                        TinyCheckpoint.unpack(name, folder).folder())) {
            check.run(new Setting(Decoders.load(checkpoint), kernels));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3", "midm", "gemma3", "qwen2", "qwen2-window", "qwen3"})
    void attention(String name) {
        use(name, s -> {
            TrainingAttention attention =
                    new TrainingAttention(s.block().attention(), s.block().rotary(), s.layers());
            float[] dy = s.gaussian();
            System.arraycopy(s.gaussian(), 0, s.buffers.normed, 0, dy.length);
            double[] x = ReferenceDecoder.doubles(s.buffers.normed);
            float[] y = new float[dy.length];
            attention.forward(s.buffers, s.kept, y);
            DoubleSupplier function = () -> s.weighted(x, dy, rows -> s.reference.attention(LAYER, rows));
            assertThat(dot(y, dy)).isCloseTo(function.getAsDouble(), Percentage.withPercentage(0.01));
            attention.backward(s.buffers, s.gradients, s.kept, dy, true);
            Differences.assertGradient("dx", s.buffers.normedGradient, x, function, TOLERANCE);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3", "gemma3"})
    void mlp(String name) {
        use(name, s -> {
            TrainingMlp mlp = new TrainingMlp(s.block().mlp(), s.layers());
            float[] dy = s.gaussian();
            System.arraycopy(s.gaussian(), 0, s.buffers.normed, 0, dy.length);
            double[] x = ReferenceDecoder.doubles(s.buffers.normed);
            mlp.forward(s.buffers, s.kept, new float[dy.length]);
            mlp.backward(s.buffers, s.gradients, s.kept, dy, true);
            DoubleSupplier function = () -> s.weighted(x, dy, rows -> {
                double[][] y = new double[rows.length][];
                for (int t = 0; t < y.length; t++) {
                    y[t] = s.reference.mlp(LAYER, rows[t]);
                }
                return y;
            });
            Differences.assertGradient("dx", s.buffers.normedGradient, x, function, TOLERANCE);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama2", "llama3", "midm", "mistral", "gemma3", "qwen2", "qwen2-window", "qwen3"})
    void wholeLayer(String name) {
        use(name, s -> {
            TrainingBlock block = new TrainingBlock(s.block(), LAYER, s.adapter, true);
            float[] dy = s.gaussian();
            float[] input = s.gaussian();
            double[] x = ReferenceDecoder.doubles(input);
            float[] output = new float[input.length];
            block.forward(s.buffers, input, s.kept, output);
            DoubleSupplier function = () -> s.weighted(x, dy, rows -> s.reference.block(LAYER, rows));
            assertThat(dot(output, dy)).isCloseTo(function.getAsDouble(), Percentage.withPercentage(0.01));
            System.arraycopy(dy, 0, s.buffers.hiddenGradient, 0, dy.length);
            block.backward(s.buffers, s.gradients, input, s.kept);
            Differences.assertGradient("dx", s.buffers.hiddenGradient, x, function, TOLERANCE);
        });
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** More rows than a chunk has. */
    @Test
    void outputLoss() {
        use("gemma3", s -> {
            PackedBatch batch = TinyTraining.batch(s.decoder.config().vocabSize(), 3, 200, 300);
            int tokens = batch.tokens().length;
            TrainingSizes sizes = TrainingSizes.of(s.decoder, s.adapter.config(), tokens);
            assertThat(batch.learnedTokens()).isGreaterThan(OutputLoss.chunkRows(sizes));
            OutputLoss output = new OutputLoss(s.decoder, sizes);
            TrainingBuffers buffers = new TrainingBuffers(s.buffers.kernels, sizes, s.decoder.rotaryEmbeddings());
            buffers.begin(batch, Dropout.NONE);
            float[] states = new float[tokens * s.hidden];
            for (int i = 0; i < states.length; i++) {
                states[i] = (float) s.random.nextGaussian();
            }
            double[] x = ReferenceDecoder.doubles(states);
            DoubleSupplier function = () -> batch.learned().stream()
                    .mapToDouble(t -> s.reference.loss(
                            Arrays.copyOfRange(x, (t - 1) * s.hidden, t * s.hidden), batch.tokens()[t]))
                    .sum();
            double loss = output.lossAndGradient(buffers, states, batch, 1, () -> false);
            assertThat(loss).isCloseTo(function.getAsDouble(), Percentage.withPercentage(1e-4));
            assertThat(output.loss(buffers, states, batch, () -> false)).isEqualTo(loss);
            Differences.assertGradient("states", buffers.hiddenGradient, x, function, TOLERANCE);
        });
    }
}
