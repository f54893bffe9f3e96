package dev.caravan.engine;

import java.util.List;

/** A reranker that is loaded and ready: it reads a question and a passage together. Thread-safe. */
public interface CrossEncoder extends AutoCloseable {

    /** The name under which scores of this model are recorded, for example {@code bge-reranker-v2-m3}. */
    String modelName();

    /** The longest pair in tokens, special tokens included; of a longer one the longer text is cut first. */
    int maxTokens();

    /**
     * How well each passage answers the query: the classifier's logits, as transformers gives them. Higher is better;
     * {@code 1 / (1 + exp(-score))} brings them between 0 and 1.
     *
     * @return one score per passage, in the order of the passages
     */
    float[] score(String query, List<String> passages);

    @Override
    void close();
}
