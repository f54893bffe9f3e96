package dev.caravan.knowledge.store;

/** Vectors in pgvector's text form, such as {@code [0.25,-1.0]}. */
final class VectorLiteral {

    private VectorLiteral() {}

    static String of(float[] vector, int dimensions) {
        if (vector.length != dimensions) {
            throw new IllegalArgumentException(
                    "a vector of " + vector.length + " dimensions where the model has " + dimensions);
        }
        StringBuilder literal = new StringBuilder(vector.length * 10).append('[');
        for (int index = 0; index < vector.length; index++) {
            if (!Float.isFinite(vector[index])) {
                throw new IllegalArgumentException("dimension " + index + " of a vector is " + vector[index]);
            }
            literal.append(index == 0 ? "" : ",").append(vector[index]);
        }
        return literal.append(']').toString();
    }
}
