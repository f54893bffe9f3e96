package dev.caravan.engine.check;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.check.Finding.Level;
import dev.caravan.engine.format.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks at a model's files as a whole: what they hold, whether every part of it is understood, what memory it takes and
 * what comes out. A part that fails does not keep the others from being looked at. Reads the files only.
 */
public final class ModelCheck {

    private static final String E5 = "E5S1";

    private final Consumer<Finding> report;
    private boolean hasProblem;

    private ModelCheck(Consumer<Finding> report) {
        this.report = report;
    }

    /**
     * Checks a model.
     *
     * @param path a GGUF file, a packed e5 file, or a folder or file of safetensors
     * @param report hears every finding at once, on the calling thread
     * @return whether the model can be used: there was no {@link Level#PROBLEM}
     * @throws UncheckedIOException if the system cannot read a file
     */
    public static boolean run(Path path, CheckOptions options, Consumer<Finding> report) {
        ModelCheck check = new ModelCheck(report);
        check.part("file", () -> check.dispatch(path, options));
        return !check.hasProblem;
    }

    void add(Finding finding) {
        hasProblem |= finding.level() == Level.PROBLEM;
        report.accept(finding);
    }

    /** Runs a part; what it refuses becomes a finding. */
    void part(String subject, Runnable part) {
        try {
            part.run();
        } catch (ModelFormatException | IllegalArgumentException refused) {
            add(Finding.problem(subject, String.valueOf(refused.getMessage())));
        }
    }

    private void dispatch(Path path, CheckOptions options) {
        if (Files.isRegularFile(path) && magic(path).equals(E5)) {
            part("embedding", () -> new EncoderCheck(this).embedding(path, options));
            part("SHA-256", () -> add(Fingerprint.of(List.of(path))));
            return;
        }
        try (Checkpoint checkpoint = Checkpoints.open(path)) {
            switch (ModelKind.of(checkpoint)) {
                case CHAT -> new DecoderCheck(this, checkpoint, options).run();
                case EMBEDDING -> {
                    new EncoderCheck(this).files(checkpoint, options);
                    part("embedding", () -> new EncoderCheck(this).embedding(path, options));
                    part("SHA-256", () -> add(Fingerprint.of(checkpoint.weightFiles())));
                }
                case RERANKER -> {
                    new EncoderCheck(this).files(checkpoint, options);
                    part("reranker", () -> new EncoderCheck(this).reranker(path, options));
                    part("SHA-256", () -> add(Fingerprint.of(checkpoint.weightFiles())));
                }
            }
        }
    }

    private static String magic(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(Integer.BYTES), StandardCharsets.ISO_8859_1);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }
}
