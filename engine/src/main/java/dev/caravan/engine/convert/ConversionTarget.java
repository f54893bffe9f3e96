package dev.caravan.engine.convert;

import java.util.List;

/** A format that a model is written in. */
sealed interface ConversionTarget permits GgufTarget, FolderTarget {

    /** What becomes of each tensor. */
    List<TensorPlan> tensors();

    /** What a person should know before. */
    List<String> notes();

    /** Writes everything; nothing is under the target's name before all of it is written. */
    void write(TensorRewriter rewriter);
}
