package dev.caravan.knowledge.retrieve;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Stands in for an embedding model: counts of character bigrams, hashed into a fixed number of dimensions. It knows no
 * meaning, but near texts are near, and the same text has always the same vector.
 */
public final class HashedBigramEmbeddingModel implements EmbeddingModel {

    private final int dimensions;

    public HashedBigramEmbeddingModel(int dimensions) {
        this.dimensions = dimensions;
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        List<Embedding> embeddings = new ArrayList<>();
        for (TextSegment segment : segments) {
            embeddings.add(Embedding.from(vector(segment.text())));
        }
        return Response.from(embeddings);
    }

    @Override
    public int dimension() {
        return dimensions;
    }

    private float[] vector(String text) {
        String plain = text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ");
        float[] vector = new float[dimensions];
        vector[0] = 0.01f;
        for (int index = 0; index + 2 <= plain.length(); index++) {
            vector[Math.floorMod(plain.substring(index, index + 2).hashCode() * 0x9E3779B1, dimensions)] += 1;
        }
        double norm = 0;
        for (float value : vector) {
            norm += value * value;
        }
        for (int index = 0; index < dimensions; index++) {
            vector[index] /= (float) Math.sqrt(norm);
        }
        return vector;
    }
}
