package dev.caravan.engine.model;

import dev.caravan.engine.format.e5.E5Config;
import dev.caravan.engine.format.e5.E5File;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * The XLM-RoBERTa encoder (multilingual-e5): word, position and type embeddings, then layers of bidirectional
 * self-attention and a gelu feed-forward part, each followed by a layer norm of the sum (post-norm), then the mean over
 * the tokens. Immutable and thread-safe; the mutable part of a computation is its {@link Workspace}.
 *
 * <p>Letters: T tokens of all texts of a batch one after another, H hidden size, D head size, n tokens of one text.
 * Source: transformers' modeling_xlm_roberta.py; positions already begin at 0 in the file, without the padding index.
 */
public final class XlmRobertaEncoder {

    /** Tokens of one task of row-wise work: enough to be worth a hand-over, few enough to share. */
    private static final int ROWS_PER_TASK = 16;

    private final Kernels kernels;
    private final E5Config config;
    private final Tensor word;
    private final float[] position;
    private final float[] type;
    private final Norm embeddingNorm;
    private final List<Layer> layers;

    @SuppressWarnings("ArrayRecordComponent") // weights are handed over at loading, never written
    private record Dense(Tensor weight, float[] bias) {}

    @SuppressWarnings("ArrayRecordComponent") // weights are handed over at loading, never written
    private record Norm(float[] weight, float[] bias) {}

    private record Layer(
            Dense query,
            Dense key,
            Dense value,
            Dense attentionOutput,
            Norm attentionNorm,
            Dense intermediate,
            Dense output,
            Norm outputNorm) {}

    /**
     * Takes the weights from the file, matrices as views: the file must stay open while the encoder is used.
     *
     * @throws dev.caravan.engine.ModelFormatException if a tensor is missing or of a wrong size
     */
    public XlmRobertaEncoder(E5File file, Kernels kernels) {
        this.kernels = kernels;
        this.config = file.config();
        int hidden = config.hiddenSize();
        this.word = file.matrix("emb.word", config.vocabSize(), hidden);
        this.position = file.vector("emb.pos", config.maxPositionEmbeddings() * hidden);
        this.type = Arrays.copyOf(file.vector("emb.type", config.typeVocabSize() * hidden), hidden);
        this.embeddingNorm = norm(file, "emb.ln");
        this.layers = IntStream.range(0, config.numHiddenLayers())
                .mapToObj(index -> layer(file, "l" + index + "."))
                .toList();
    }

    private static Layer layer(E5File file, String prefix) {
        int hidden = file.config().hiddenSize();
        int intermediate = file.config().intermediateSize();
        return new Layer(
                dense(file, prefix + "q", hidden, hidden),
                dense(file, prefix + "k", hidden, hidden),
                dense(file, prefix + "v", hidden, hidden),
                dense(file, prefix + "ao", hidden, hidden),
                norm(file, prefix + "aln"),
                dense(file, prefix + "fi", intermediate, hidden),
                dense(file, prefix + "fo", hidden, intermediate),
                norm(file, prefix + "oln"));
    }

    private static Dense dense(E5File file, String name, int outputs, int inputs) {
        return new Dense(file.matrix(name + ".w", outputs, inputs), file.vector(name + ".b", outputs));
    }

    private static Norm norm(E5File file, String name) {
        int hidden = file.config().hiddenSize();
        return new Norm(file.vector(name + ".w", hidden), file.vector(name + ".b", hidden));
    }

    /** What one batch is computed in; belongs to one computation at a time. */
    public static final class Workspace {
        private final int tokens;
        private final float[] states;
        private final float[] query;
        private final float[] key;
        private final float[] value;
        private final float[] context;
        private final float[] sublayer;
        private final float[] intermediate;
        private final float[] keyColumns;
        private final float[] valueColumns;
        private final float[] scores;

        /** @param tokens the most tokens of a batch, special tokens included */
        public Workspace(E5Config config, int tokens) {
            int size = Math.multiplyExact(tokens, config.hiddenSize());
            this.tokens = tokens;
            this.states = new float[size];
            this.query = new float[size];
            this.key = new float[size];
            this.value = new float[size];
            this.context = new float[size];
            this.sublayer = new float[size];
            this.intermediate = new float[Math.multiplyExact(tokens, config.intermediateSize())];
            this.keyColumns = new float[size];
            this.valueColumns = new float[size];
            this.scores = new float[Math.multiplyExact(tokens, config.numAttentionHeads())];
        }
    }

    /** The tokens of one text in the batch: {@code start} to {@code start + length}. */
    private record Span(int start, int length) {}

    /**
     * The mean of the last states over each text's tokens, special tokens included.
     *
     * @param texts token ids with beginning and end tokens; each at least one and at most {@code
     *     maxPositionEmbeddings} long, all together at most the workspace's tokens
     * @return {@code [texts, hiddenSize]}
     */
    public float[][] encode(List<int[]> texts, Workspace workspace) {
        Span[] spans = spans(texts, workspace);
        int tokens = spans[spans.length - 1].start() + spans[spans.length - 1].length();
        embed(texts, spans, workspace);
        for (Layer layer : layers) {
            attend(layer, spans, tokens, workspace);
            feedForward(layer, tokens, workspace);
        }
        return Arrays.stream(spans).map(span -> mean(span, workspace)).toArray(float[][]::new);
    }

    private Span[] spans(List<int[]> texts, Workspace workspace) {
        Span[] spans = new Span[texts.size()];
        int start = 0;
        for (int i = 0; i < spans.length; i++) {
            int length = texts.get(i).length;
            if (length < 1 || length > config.maxPositionEmbeddings()) {
                throw new IllegalArgumentException("text %d of the batch has %d tokens, 1 to %d are possible"
                        .formatted(i, length, config.maxPositionEmbeddings()));
            }
            spans[i] = new Span(start, length);
            start += length;
        }
        if (start == 0 || start > workspace.tokens) {
            throw new IllegalArgumentException(
                    "the batch has %d tokens, its workspace holds 1 to %d".formatted(start, workspace.tokens));
        }
        return spans;
    }

    private void embed(List<int[]> texts, Span[] spans, Workspace workspace) {
        int hidden = config.hiddenSize();
        kernels.parallel(spans.length, i -> {
            int[] ids = texts.get(i);
            for (int t = 0; t < ids.length; t++) {
                int at = (spans[i].start() + t) * hidden;
                kernels.row(word, ids[t], workspace.states, at);
                kernels.addScaled(1, position, t * hidden, workspace.states, at, hidden);
                kernels.addScaled(1, type, 0, workspace.states, at, hidden);
                normalize(embeddingNorm, workspace.states, at);
            }
        });
    }

    private void normalize(Norm norm, float[] states, int at) {
        kernels.layerNorm(
                states, at, norm.weight(), norm.bias(), config.layerNormEps(), states, at, config.hiddenSize());
    }

    private void attend(Layer layer, Span[] spans, int tokens, Workspace workspace) {
        kernels.linear(layer.query().weight(), workspace.states, workspace.query, tokens);
        kernels.linear(layer.key().weight(), workspace.states, workspace.key, tokens);
        kernels.linear(layer.value().weight(), workspace.states, workspace.value, tokens);
        int heads = config.numAttentionHeads();
        kernels.parallel(spans.length * heads, task -> attendHead(layer, spans[task / heads], task % heads, workspace));
        kernels.linear(layer.attentionOutput().weight(), workspace.context, workspace.sublayer, tokens);
        addAndNormalize(layer.attentionOutput().bias(), layer.attentionNorm(), tokens, workspace);
    }

    /**
     * One head of one text. Keys and values are laid out as columns {@code [D, n]} first, so that every inner loop runs
     * over the n tokens of the text instead of the few values of a head.
     */
    private void attendHead(Layer layer, Span span, int head, Workspace workspace) {
        int size = config.headSize();
        int n = span.length();
        int columns = columns(span, head);
        int scores = span.start() * config.numAttentionHeads() + head * n;
        transpose(workspace.key, layer.key().bias(), span, head, workspace.keyColumns);
        transpose(workspace.value, layer.value().bias(), span, head, workspace.valueColumns);
        float[] queryBias = layer.query().bias();
        float scale = (float) (1 / Math.sqrt(size));
        for (int t = 0; t < n; t++) {
            int at = (span.start() + t) * config.hiddenSize() + head * size;
            Arrays.fill(workspace.scores, scores, scores + n, 0);
            for (int d = 0; d < size; d++) {
                float query = (workspace.query[at + d] + queryBias[head * size + d]) * scale;
                kernels.addScaled(query, workspace.keyColumns, columns + d * n, workspace.scores, scores, n);
            }
            kernels.softmax(workspace.scores, scores, n);
            for (int d = 0; d < size; d++) {
                workspace.context[at + d] =
                        kernels.dot(workspace.scores, scores, workspace.valueColumns, columns + d * n, n);
            }
        }
    }

    /** Where the columns {@code [D, n]} of a head of a text begin. */
    private int columns(Span span, int head) {
        return span.start() * config.hiddenSize() + head * config.headSize() * span.length();
    }

    /** {@code to[d, t] = from[t, d] + bias[d]} for the n tokens of a text and the D values of a head. */
    private void transpose(float[] from, float[] bias, Span span, int head, float[] to) {
        int hidden = config.hiddenSize();
        int n = span.length();
        int columns = columns(span, head);
        int first = head * config.headSize();
        for (int d = 0; d < config.headSize(); d++) {
            for (int t = 0; t < n; t++) {
                to[columns + d * n + t] = from[(span.start() + t) * hidden + first + d] + bias[first + d];
            }
        }
    }

    private void feedForward(Layer layer, int tokens, Workspace workspace) {
        int width = config.intermediateSize();
        float[] inner = workspace.intermediate;
        kernels.linear(layer.intermediate().weight(), workspace.states, inner, tokens);
        forEachRow(tokens, t -> {
            kernels.addScaled(1, layer.intermediate().bias(), 0, inner, t * width, width);
            kernels.gelu(inner, t * width, width);
        });
        kernels.linear(layer.output().weight(), inner, workspace.sublayer, tokens);
        addAndNormalize(layer.output().bias(), layer.outputNorm(), tokens, workspace);
    }

    /** {@code states = layerNorm(states + sublayer + bias)}. */
    private void addAndNormalize(float[] bias, Norm norm, int tokens, Workspace workspace) {
        int hidden = config.hiddenSize();
        forEachRow(tokens, t -> {
            kernels.addScaled(1, workspace.sublayer, t * hidden, workspace.states, t * hidden, hidden);
            kernels.addScaled(1, bias, 0, workspace.states, t * hidden, hidden);
            normalize(norm, workspace.states, t * hidden);
        });
    }

    private void forEachRow(int rows, IntConsumer row) {
        kernels.parallel(Math.ceilDiv(rows, ROWS_PER_TASK), task -> {
            int end = Math.min(rows, (task + 1) * ROWS_PER_TASK);
            for (int t = task * ROWS_PER_TASK; t < end; t++) {
                row.accept(t);
            }
        });
    }

    private float[] mean(Span span, Workspace workspace) {
        int hidden = config.hiddenSize();
        float[] mean = new float[hidden];
        for (int t = span.start(); t < span.start() + span.length(); t++) {
            kernels.addScaled(1f / span.length(), workspace.states, t * hidden, mean, 0, hidden);
        }
        return mean;
    }
}
