package dev.caravan.engine.train;

import dev.caravan.engine.kernel.AttentionShape;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.DecoderBlock;
import dev.caravan.engine.layer.GatedMlp;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.Tensor;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decoder's forward pass with adapters in plain loops and double precision, one sequence at a time: what gradients are
 * compared with by central differences, for which float32 would be too coarse. Shares no arithmetic with the training
 * pass but the rotation's angles.
 */
final class ReferenceDecoder {

    /** An adapter's parameters, to be changed at will. */
    @SuppressWarnings("ArrayRecordComponent") // written by the tests on purpose
    record Module(double[] a, double[] b, int r, double scaling) {}

    private final Decoder decoder;
    private final Map<String, Module> modules = new HashMap<>();
    private final Map<String, double[]> weights = new HashMap<>();
    private final double[][] embeddings;

    ReferenceDecoder(Decoder decoder, LoraAdapter adapter) {
        this.decoder = decoder;
        for (LoraModule module : adapter.modules()) {
            modules.put(
                    module.name(), new Module(doubles(module.a()), doubles(module.b()), module.r(), module.scaling()));
        }
        embeddings = new double[decoder.config().vocabSize()][];
        try (Kernels kernels = KernelProvider.scalar()) {
            float[] row = new float[decoder.config().hiddenSize()];
            for (int token = 0; token < embeddings.length; token++) {
                decoder.embed(kernels, token, row, 0);
                embeddings[token] = doubles(row);
            }
        }
    }

    static double[] doubles(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    Module module(String name) {
        Module module = modules.get(name);
        if (module == null) {
            throw new IllegalArgumentException(name);
        }
        return module;
    }

    /** The sum of the losses of the learned tokens. */
    double loss(PackedBatch batch) {
        double sum = 0;
        for (int sequence = 0; sequence < batch.sequences(); sequence++) {
            int start = batch.starts()[sequence];
            int tokens = batch.end(sequence) - start;
            double[][] h = new double[tokens][];
            for (int t = 0; t < tokens; t++) {
                h[t] = embeddings[batch.tokens()[start + t]].clone();
            }
            for (int layer = 0; layer < decoder.blocks().size(); layer++) {
                h = block(layer, h);
            }
            for (int t = 1; t < tokens; t++) {
                if (batch.learned().get(start + t)) {
                    sum += loss(h[t - 1], batch.tokens()[start + t]);
                }
            }
        }
        return sum;
    }

    /** {@code -log p(target)} after a token with this state. */
    double loss(double[] state, int target) {
        double[] logits = linear(decoder.lmHead(), "lm_head", norm(decoder.norm(), state));
        double highest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            highest = Math.max(highest, logit);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - highest);
        }
        return highest + Math.log(sum) - logits[target];
    }

    /** One layer's output of a sequence. */
    double[][] block(int layer, double[][] input) {
        DecoderBlock block = decoder.blocks().get(layer);
        double[][] normed = rows(input, row -> norm(block.inputNorm(), row));
        double[][] attended = attention(layer, normed);
        double[][] middle = added(input, attended, block.attentionOutputNorm());
        double[][] product = rows(rows(middle, row -> norm(block.mlpNorm(), row)), row -> mlp(layer, row));
        return added(middle, product, block.mlpOutputNorm());
    }

    private interface RowFunction {
        double[] apply(double[] row);
    }

    private static double[][] rows(double[][] x, RowFunction function) {
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            y[t] = function.apply(x[t]);
        }
        return y;
    }

    private static double[][] added(double[][] x, double[][] change, @Nullable RmsNorm norm) {
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double[] normed = norm == null ? change[t] : norm(norm, change[t]);
            y[t] = x[t].clone();
            for (int i = 0; i < normed.length; i++) {
                y[t][i] += normed[i];
            }
        }
        return y;
    }

    double[][] attention(int layer, double[][] normed) {
        DecoderBlock block = decoder.blocks().get(layer);
        AttentionShape shape = block.attention().shape();
        RotaryEmbedding rotary = decoder.rotaryEmbeddings().get(block.rotary());
        RmsNorm queryNorm = block.attention().weights().queryNorm();
        RmsNorm keyNorm = block.attention().weights().keyNorm();
        double[][] q = rows(normed, row -> project(layer, Projection.Q_PROJ, row));
        double[][] k = rows(normed, row -> project(layer, Projection.K_PROJ, row));
        double[][] v = rows(normed, row -> project(layer, Projection.V_PROJ, row));
        double[][] attended = new double[normed.length][shape.querySize()];
        int group = shape.heads() / shape.keyValueHeads();
        for (int t = 0; t < normed.length; t++) {
            double[][] turn = turn(rotary, t);
            q[t] = heads(q[t], shape.heads(), queryNorm, turn);
            k[t] = heads(k[t], shape.keyValueHeads(), keyNorm, turn);
            for (int head = 0; head < shape.heads(); head++) {
                attend(shape, q[t], k, v, attended[t], t, head, head / group);
            }
        }
        return rows(attended, row -> project(layer, Projection.O_PROJ, row));
    }

    /** The rotation at a position as a matrix, column by column: what it makes of the unit vectors. */
    static double[][] turn(RotaryEmbedding rotary, int position) {
        RotaryEmbedding.Table table = rotary.newTable(1);
        table.prepare(0, position, 1);
        double[][] columns = new double[rotary.headSize()][];
        for (int i = 0; i < columns.length; i++) {
            float[] unit = new float[columns.length];
            unit[i] = 1;
            table.apply(unit, 1, 1);
            columns[i] = doubles(unit);
        }
        return columns;
    }

    private static double[] heads(double[] x, int heads, @Nullable RmsNorm norm, double[][] turn) {
        int size = turn.length;
        double[] y = new double[x.length];
        for (int head = 0; head < heads; head++) {
            double[] part = Arrays.copyOfRange(x, head * size, (head + 1) * size);
            double[] normed = norm == null ? part : norm(norm, part);
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    y[head * size + j] += turn[i][j] * normed[i];
                }
            }
        }
        return y;
    }

    private static void attend(
            AttentionShape shape, double[] q, double[][] k, double[][] v, double[] y, int t, int head, int keyHead) {
        int size = shape.headSize();
        int first = shape.window() == 0 ? 0 : Math.max(0, t - shape.window() + 1);
        double[] p = new double[t + 1];
        double sum = 0;
        for (int s = first; s <= t; s++) {
            double score = 0;
            for (int i = 0; i < size; i++) {
                score += q[head * size + i] * k[s][keyHead * size + i];
            }
            p[s] = Math.exp(score * shape.scale());
            sum += p[s];
        }
        for (int s = first; s <= t; s++) {
            for (int i = 0; i < size; i++) {
                y[head * size + i] += p[s] / sum * v[s][keyHead * size + i];
            }
        }
    }

    double[] mlp(int layer, double[] x) {
        double[] gate = project(layer, Projection.GATE_PROJ, x);
        double[] up = project(layer, Projection.UP_PROJ, x);
        for (int i = 0; i < gate.length; i++) {
            gate[i] = activation(decoder.blocks().get(layer).mlp().activation(), gate[i]) * up[i];
        }
        return project(layer, Projection.DOWN_PROJ, gate);
    }

    static double activation(GatedMlp.Activation activation, double z) {
        return switch (activation) {
            case SILU -> z / (1 + Math.exp(-z));
            case GELU_TANH -> 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)));
        };
    }

    /** A linear layer with its adapter. */
    double[] project(int layer, Projection projection, double[] x) {
        String name = projection.module(layer);
        double[] y = linear(decoder.blocks().get(layer).projection(projection), name, x);
        Module module = modules.get(name);
        if (module != null) {
            double[] low = product(module.a, x, module.r);
            double[] change = product(module.b, low, y.length);
            for (int i = 0; i < y.length; i++) {
                y[i] += module.scaling * change[i];
            }
        }
        return y;
    }

    private double[] linear(Linear linear, String name, double[] x) {
        double[] y = product(
                weights.computeIfAbsent(name, any -> values(linear.weight())),
                x,
                linear.weight().rows());
        float[] bias = linear.bias();
        for (int i = 0; bias != null && i < y.length; i++) {
            y[i] += bias[i];
        }
        return y;
    }

    static double[] values(Tensor weight) {
        float[] values = new float[Math.toIntExact(weight.elements())];
        BlockFormat.of(weight.dtype()).dequantize(weight.data(), 0, values, 0, values.length);
        return doubles(values);
    }

    private static double[] product(double[] matrix, double[] x, int rows) {
        double[] y = new double[rows];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < x.length; i++) {
                y[row] += matrix[row * x.length + i] * x[i];
            }
        }
        return y;
    }

    static double[] norm(RmsNorm norm, double[] x) {
        double squares = 0;
        for (double value : x) {
            squares += value * value;
        }
        double scale = 1 / Math.sqrt(squares / x.length + norm.epsilon());
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] * scale * norm.weight()[i];
        }
        return y;
    }

    /** The names of the modules with an adapter. */
    List<String> moduleNames() {
        return modules.keySet().stream().sorted().toList();
    }
}
