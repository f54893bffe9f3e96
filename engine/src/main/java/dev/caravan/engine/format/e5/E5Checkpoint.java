package dev.caravan.engine.format.e5;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The packed e5 file under transformers' names. It is an XLM-R whose positions begin at 0, as BERT's do, and so it says
 * {@code bert}.
 */
public final class E5Checkpoint implements Checkpoint {

    /** A tensor of the file; matrices are {@code [out, in]}. */
    @SuppressWarnings("ArrayRecordComponent") // shapes are short and never written
    private record Entry(String fileName, long... shape) {}

    private final E5File file;
    private final JsonObject config;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private E5Checkpoint(E5File file) {
        this.file = file;
        E5Config sizes = file.config();
        this.config = JsonObject.of(file.path(), config(sizes));
        long hidden = sizes.hiddenSize();
        entries.put("embeddings.word_embeddings.weight", new Entry("emb.word", sizes.vocabSize(), hidden));
        entries.put(
                "embeddings.position_embeddings.weight", new Entry("emb.pos", sizes.maxPositionEmbeddings(), hidden));
        entries.put("embeddings.token_type_embeddings.weight", new Entry("emb.type", sizes.typeVocabSize(), hidden));
        norm("embeddings.LayerNorm", "emb.ln", hidden);
        for (int layer = 0; layer < sizes.numHiddenLayers(); layer++) {
            layer("encoder.layer." + layer + ".", "l" + layer + ".", hidden, sizes.intermediateSize());
        }
    }

    /**
     * Maps the file and checks its structure.
     *
     * @throws ModelFormatException if it is missing, truncated, corrupt or of another format
     */
    public static E5Checkpoint open(Path path) {
        return new E5Checkpoint(E5File.open(path));
    }

    private static Map<String, Object> config(E5Config sizes) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "bert");
        config.put("hidden_size", sizes.hiddenSize());
        config.put("num_hidden_layers", sizes.numHiddenLayers());
        config.put("num_attention_heads", sizes.numAttentionHeads());
        config.put("intermediate_size", sizes.intermediateSize());
        config.put("vocab_size", sizes.vocabSize());
        config.put("max_position_embeddings", sizes.maxPositionEmbeddings());
        config.put("type_vocab_size", sizes.typeVocabSize());
        config.put("layer_norm_eps", (double) sizes.layerNormEps());
        config.put("hidden_act", "gelu");
        return config;
    }

    private void layer(String name, String fileName, long hidden, long intermediate) {
        dense(name + "attention.self.query", fileName + "q", hidden, hidden);
        dense(name + "attention.self.key", fileName + "k", hidden, hidden);
        dense(name + "attention.self.value", fileName + "v", hidden, hidden);
        dense(name + "attention.output.dense", fileName + "ao", hidden, hidden);
        norm(name + "attention.output.LayerNorm", fileName + "aln", hidden);
        dense(name + "intermediate.dense", fileName + "fi", intermediate, hidden);
        dense(name + "output.dense", fileName + "fo", hidden, intermediate);
        norm(name + "output.LayerNorm", fileName + "oln", hidden);
    }

    private void dense(String name, String fileName, long outputs, long inputs) {
        entries.put(name + ".weight", new Entry(fileName + ".w", outputs, inputs));
        entries.put(name + ".bias", new Entry(fileName + ".b", outputs));
    }

    private void norm(String name, String fileName, long size) {
        entries.put(name + ".weight", new Entry(fileName + ".w", size));
        entries.put(name + ".bias", new Entry(fileName + ".b", size));
    }

    /**
     * Reads the vocabulary, anew at each call.
     *
     * @throws ModelFormatException if it is corrupt
     */
    public E5Vocabulary readVocabulary() {
        return file.readVocabulary();
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public String modelType() {
        return config.string("model_type");
    }

    @Override
    public JsonObject config() {
        return config;
    }

    @Override
    public Tensor tensor(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new ModelFormatException(path(), "the file format has no tensor " + name);
        }
        return file.tensor(entry.fileName(), entry.shape());
    }

    @Override
    public Optional<Tensor> findTensor(String name) {
        return entries.containsKey(name) ? Optional.of(tensor(name)) : Optional.empty();
    }

    @Override
    public List<String> tensorNames() {
        return List.copyOf(entries.keySet());
    }

    @Override
    public String nameInFile(String name) {
        Entry entry = entries.get(name);
        return entry == null ? name : entry.fileName();
    }

    @Override
    public List<Path> weightFiles() {
        return List.of(path());
    }

    @Override
    public long weightBytes() {
        return file.byteSize();
    }

    @Override
    public boolean hasAdjacentRotaryPairs() {
        return false;
    }

    @Override
    public boolean hasShiftedGemmaNorms() {
        return false;
    }

    @Override
    public void close() {
        file.close();
    }
}
