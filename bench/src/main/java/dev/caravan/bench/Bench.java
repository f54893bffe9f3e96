package dev.caravan.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** A benchmark that was asked for. */
sealed interface Bench permits EndToEndBench, BatchBench, TrainBench {

    /**
     * Measures and prints.
     *
     * @param results the folder for the figures
     */
    void run(PrintStream out, Path results) throws IOException;
}
