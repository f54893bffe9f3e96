package dev.caravan.engine;

import dev.caravan.engine.format.e5.E5Config;
import dev.caravan.engine.format.e5.E5File;
import dev.caravan.engine.format.e5.E5Vocabulary;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.XlmRobertaEncoder;
import dev.caravan.engine.model.XlmRobertaEncoder.Workspace;
import dev.caravan.engine.tokenizer.UnigramTokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * multilingual-e5 as a {@link TextEncoder}: prefix, tokens, {@link XlmRobertaEncoder}, unit length. Owns the file and
 * the kernels. Batches are computed one after another, callers in the order in which they came, so that a question
 * waits for one batch of an ingestion and not for all of them.
 */
final class E5TextEncoder implements TextEncoder {

    /** The tokens of one batch: the most that a caller waits for. */
    private static final int BATCH_TOKENS = 512;

    /** Longer texts are cut before they are tokenized; 512 tokens cannot reach that far. */
    private static final int MAX_CHARACTERS_PER_TOKEN = 128;

    /** The one control token that the file does not name. */
    private static final byte[] MASK = "<mask>".getBytes(StandardCharsets.UTF_8);

    private final E5File file;
    private final Kernels kernels;
    private final E5Config config;
    private final XlmRobertaEncoder encoder;
    private final UnigramTokenizer tokenizer;
    private final int bosToken;
    private final int eosToken;

    /** Guards the workspace and {@code closed}. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private final Workspace workspace;
    private boolean closed;

    private E5TextEncoder(E5File file, Kernels kernels) {
        E5Vocabulary vocabulary = file.readVocabulary();
        this.file = file;
        this.kernels = kernels;
        this.config = file.config();
        this.encoder = new XlmRobertaEncoder(file, kernels);
        this.tokenizer = tokenizer(file.path(), vocabulary);
        this.bosToken = vocabulary.bosToken();
        this.eosToken = vocabulary.eosToken();
        this.workspace = new Workspace(config, Math.max(BATCH_TOKENS, config.maxPositionEmbeddings()));
    }

    /**
     * Maps and checks the file. Takes over the kernels, also when it fails.
     *
     * @throws ModelFormatException if the file is missing, truncated, corrupt or of another format
     */
    static E5TextEncoder load(Path path, Kernels kernels) {
        try {
            E5File file = E5File.open(path);
            try {
                return new E5TextEncoder(file, kernels);
            } catch (RuntimeException | Error failure) {
                file.close();
                throw failure;
            }
        } catch (RuntimeException | Error failure) {
            kernels.close();
            throw failure;
        }
    }

    private static UnigramTokenizer tokenizer(Path path, E5Vocabulary vocabulary) {
        int[] reserved = {
            vocabulary.bosToken(),
            vocabulary.eosToken(),
            vocabulary.padToken(),
            vocabulary.unkToken(),
            indexOf(MASK, vocabulary.pieces())
        };
        try {
            return new UnigramTokenizer(
                    new UnigramTokenizer.Vocabulary(
                            vocabulary.pieces(), vocabulary.scores(), vocabulary.unkToken(), reserved),
                    vocabulary.normalizer());
        } catch (IllegalArgumentException unsound) {
            throw new ModelFormatException(path, String.valueOf(unsound.getMessage()), unsound);
        }
    }

    private static int indexOf(byte[] piece, byte[][] pieces) {
        int index = pieces.length - 1;
        while (index >= 0 && !Arrays.equals(piece, pieces[index])) {
            index--;
        }
        return index;
    }

    @Override
    public String modelName() {
        boolean isSmall = config.hiddenSize() == 384 && config.numHiddenLayers() == 12 && config.vocabSize() == 250_037;
        return isSmall
                ? "multilingual-e5-small"
                : "e5-%dx%d-%d".formatted(config.numHiddenLayers(), config.hiddenSize(), config.vocabSize());
    }

    @Override
    public int dimension() {
        return config.hiddenSize();
    }

    @Override
    public int maxTokens() {
        return config.maxPositionEmbeddings();
    }

    @Override
    public int countTokens(String text) {
        return tokenizer.encode(compose(text)).length;
    }

    @Override
    public List<float[]> embed(List<String> texts, InputKind kind) {
        List<float[]> vectors = new ArrayList<>(texts.size());
        List<int[]> batch = new ArrayList<>();
        int batchTokens = 0;
        for (String text : texts) {
            int[] ids = tokens(text, kind);
            if (!batch.isEmpty() && batchTokens + ids.length > BATCH_TOKENS) {
                embedBatch(batch, vectors);
                batch.clear();
                batchTokens = 0;
            }
            batch.add(ids);
            batchTokens += ids.length;
        }
        if (!batch.isEmpty()) {
            embedBatch(batch, vectors);
        }
        return vectors;
    }

    /** The ids that the encoder sees: beginning, prefix and text as far as they fit, end. */
    int[] tokens(String text, InputKind kind) {
        String prefix = switch (kind) {
            case QUERY -> "query: ";
            case PASSAGE -> "passage: ";
        };
        int characters = Math.min(text.length(), maxTokens() * MAX_CHARACTERS_PER_TOKEN);
        int[] content = tokenizer.encode(prefix + compose(text.substring(0, characters)));
        int length = Math.min(content.length, maxTokens() - 2);
        int[] ids = new int[length + 2];
        ids[0] = bosToken;
        System.arraycopy(content, 0, ids, 1, length);
        ids[length + 1] = eosToken;
        return ids;
    }

    /** Composed Hangul: the file's character map, unlike SentencePiece's, replaces single characters only. */
    private static String compose(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    private void embedBatch(List<int[]> batch, List<float[]> vectors) {
        turn.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the text encoder is closed");
            }
            for (float[] mean : encoder.encode(batch, workspace)) {
                vectors.add(unit(mean));
            }
        } finally {
            turn.unlock();
        }
    }

    private float[] unit(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        double length = Math.sqrt(squares);
        if (!(length > 0 && length < Float.MAX_VALUE)) {
            throw new ModelFormatException(
                    file.path(), "the weights give vectors without a length; the file is damaged, fetch it again");
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (vector[i] / length);
        }
        return vector;
    }

    /** Waits for the batch that is being computed. */
    @Override
    public void close() {
        turn.lock();
        try {
            if (!closed) {
                closed = true;
                kernels.close();
                file.close();
            }
        } finally {
            turn.unlock();
        }
    }
}
