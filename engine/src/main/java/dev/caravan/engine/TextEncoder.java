package dev.caravan.engine;

import java.util.List;

/** An embedding model that is loaded and ready. Thread-safe. */
public interface TextEncoder extends AutoCloseable {

    /** What a text is: models of the e5 family put another prefix before each kind. */
    enum InputKind {
        QUERY,
        PASSAGE
    }

    /** The name under which vectors of this model are recorded, for example {@code multilingual-e5-small}. */
    String modelName();

    /** The length of every vector. */
    int dimension();

    /** The longest input in tokens, prefix and special tokens included; longer texts are cut. */
    int maxTokens();

    /** The tokens of a text, without prefix and special tokens. */
    int countTokens(String text);

    /** One unit vector of {@link #dimension()} values per text, in the order of the texts. */
    List<float[]> embed(List<String> texts, InputKind kind);

    @Override
    void close();
}
