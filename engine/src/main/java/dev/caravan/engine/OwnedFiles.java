package dev.caravan.engine;

import java.util.List;

/** Closes what a loaded model owns. */
final class OwnedFiles {

    private OwnedFiles() {}

    /** Closes all, also where one fails. */
    static void close(List<AutoCloseable> files) {
        RuntimeException failure = null;
        for (AutoCloseable file : files) {
            try {
                file.close();
            } catch (Exception problem) {
                failure = failure == null
                        ? new IllegalStateException("a model's file cannot be closed", problem)
                        : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
