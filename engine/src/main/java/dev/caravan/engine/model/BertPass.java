package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Linear;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Computes {@link Bert}'s states. The texts of a batch share every linear layer.
 *
 * <p>Letters: T tokens of all texts of a batch one after another, H hidden size, D head size, n tokens of one text.
 */
final class BertPass implements EncoderPass {

    /** Tokens of one task of row-wise work: enough to be worth a hand-over, few enough to share. */
    private static final int ROWS_PER_TASK = 16;

    /** Buffers grow by so many tokens at a time. */
    private static final int GROWTH = 512;

    private final Bert bert;
    private final Bert.Config config;
    private final Kernels kernels;
    private final @Nullable ActivationListener listener;
    private int capacity;
    private float[] states = new float[0];
    private float[] query = new float[0];
    private float[] key = new float[0];
    private float[] value = new float[0];
    private float[] context = new float[0];
    private float[] sublayer = new float[0];
    private float[] intermediate = new float[0];
    private float[] keyColumns = new float[0];
    private float[] valueColumns = new float[0];
    private float[] scores = new float[0];

    BertPass(Bert bert, Kernels kernels, @Nullable ActivationListener listener) {
        this.bert = bert;
        this.config = bert.config();
        this.kernels = kernels;
        this.listener = listener;
    }

    /** The tokens of one text in the batch: {@code start} to {@code start + length}. */
    private record Span(int start, int length) {}

    @Override
    public float[] run(List<EncoderInput> texts) {
        bert.requireFit(texts);
        Span[] spans = new Span[texts.size()];
        int tokens = 0;
        for (int i = 0; i < spans.length; i++) {
            spans[i] = new Span(tokens, texts.get(i).length());
            tokens = Math.addExact(tokens, spans[i].length);
        }
        reserve(tokens);
        embed(texts, spans);
        report("embeddings", tokens);
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            attend(bert.layers().get(layer), spans, tokens);
            feedForward(bert.layers().get(layer), tokens);
            report("layer." + layer, tokens);
        }
        return states;
    }

    private void report(String name, int tokens) {
        if (listener != null) {
            listener.onActivation(name, states, 0, tokens);
        }
    }

    private void reserve(int tokens) {
        if (tokens <= capacity) {
            return;
        }
        capacity = Math.multiplyExact(Math.ceilDiv(tokens, GROWTH), GROWTH);
        int size = Math.multiplyExact(capacity, config.hiddenSize());
        states = new float[size];
        query = new float[size];
        key = new float[size];
        value = new float[size];
        context = new float[size];
        sublayer = new float[size];
        intermediate = new float[Math.multiplyExact(capacity, config.intermediateSize())];
        keyColumns = new float[size];
        valueColumns = new float[size];
        scores = new float[Math.multiplyExact(capacity, config.numAttentionHeads())];
    }

    private void embed(List<EncoderInput> texts, Span[] spans) {
        kernels.parallel(spans.length, i -> {
            EncoderInput text = texts.get(i);
            for (int t = 0; t < text.length(); t++) {
                int at = (spans[i].start + t) * config.hiddenSize();
                bert.embed(kernels, text.ids()[t], t, text.typeIds()[t], states, sublayer, at);
                normalize(bert.embeddingNorm(), at);
            }
        });
    }

    private void normalize(Bert.Norm norm, int at) {
        kernels.layerNorm(
                states, at, norm.weight(), norm.bias(), config.layerNormEps(), states, at, config.hiddenSize());
    }

    private void attend(Bert.Layer layer, Span[] spans, int tokens) {
        kernels.linear(layer.query().weight(), states, query, tokens);
        kernels.linear(layer.key().weight(), states, key, tokens);
        kernels.linear(layer.value().weight(), states, value, tokens);
        int heads = config.numAttentionHeads();
        kernels.parallel(spans.length * heads, task -> attendHead(layer, spans[task / heads], task % heads));
        kernels.linear(layer.attentionOutput().weight(), context, sublayer, tokens);
        addAndNormalize(bias(layer.attentionOutput()), layer.attentionNorm(), tokens);
    }

    /**
     * One head of one text. Keys and values are laid out as columns {@code [D, n]} first, so that every inner loop runs
     * over the n tokens of the text instead of the few values of a head.
     */
    private void attendHead(Bert.Layer layer, Span span, int head) {
        int size = config.headSize();
        int n = span.length;
        int columns = columns(span, head);
        int row = span.start * config.numAttentionHeads() + head * n;
        transpose(key, bias(layer.key()), span, head, keyColumns);
        transpose(value, bias(layer.value()), span, head, valueColumns);
        float[] queryBias = bias(layer.query());
        float scale = (float) (1 / Math.sqrt(size));
        for (int t = 0; t < n; t++) {
            int at = (span.start + t) * config.hiddenSize() + head * size;
            Arrays.fill(scores, row, row + n, 0);
            for (int d = 0; d < size; d++) {
                float factor = (query[at + d] + queryBias[head * size + d]) * scale;
                kernels.addScaled(factor, keyColumns, columns + d * n, scores, row, n);
            }
            kernels.softmax(scores, row, n);
            for (int d = 0; d < size; d++) {
                context[at + d] = kernels.dot(scores, row, valueColumns, columns + d * n, n);
            }
        }
    }

    /** Where the columns {@code [D, n]} of a head of a text begin. */
    private int columns(Span span, int head) {
        return span.start * config.hiddenSize() + head * config.headSize() * span.length;
    }

    /** {@code to[d, t] = from[t, d] + bias[d]} for the n tokens of a text and the D values of a head. */
    private void transpose(float[] from, float[] bias, Span span, int head, float[] to) {
        int hidden = config.hiddenSize();
        int n = span.length;
        int columns = columns(span, head);
        int first = head * config.headSize();
        for (int d = 0; d < config.headSize(); d++) {
            for (int t = 0; t < n; t++) {
                to[columns + d * n + t] = from[(span.start + t) * hidden + first + d] + bias[first + d];
            }
        }
    }

    private void feedForward(Bert.Layer layer, int tokens) {
        int width = config.intermediateSize();
        kernels.linear(layer.intermediate().weight(), states, intermediate, tokens);
        float[] bias = bias(layer.intermediate());
        forEachRow(tokens, t -> {
            kernels.addScaled(1, bias, 0, intermediate, t * width, width);
            kernels.gelu(intermediate, t * width, width);
        });
        kernels.linear(layer.output().weight(), intermediate, sublayer, tokens);
        addAndNormalize(bias(layer.output()), layer.outputNorm(), tokens);
    }

    /** {@code states = layerNorm(states + sublayer + bias)}. */
    private void addAndNormalize(float[] bias, Bert.Norm norm, int tokens) {
        int hidden = config.hiddenSize();
        forEachRow(tokens, t -> {
            kernels.addScaled(1, sublayer, t * hidden, states, t * hidden, hidden);
            kernels.addScaled(1, bias, 0, states, t * hidden, hidden);
            normalize(norm, t * hidden);
        });
    }

    private static float[] bias(Linear linear) {
        float[] bias = linear.bias();
        if (bias == null) {
            throw new IllegalStateException("an encoder's linear layer has a bias");
        }
        return bias;
    }

    private void forEachRow(int rows, IntConsumer row) {
        kernels.parallel(Math.ceilDiv(rows, ROWS_PER_TASK), task -> {
            int end = Math.min(rows, (task + 1) * ROWS_PER_TASK);
            for (int t = task * ROWS_PER_TASK; t < end; t++) {
                row.accept(t);
            }
        });
    }
}
