package dev.caravan.engine.train.dataset;

import dev.caravan.engine.train.dataset.DatasetReport.LongRow;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A file of training data for one model: every row is read, checked and encoded once, then only places and lengths are
 * kept. Rows that cannot be used are reported with their lines; of equal rows the first one counts. Immutable and
 * thread-safe; the file must stay as it is.
 */
public final class Dataset {
    private final DatasetReport report;
    private final DatasetExamples training;
    private final DatasetExamples heldOut;
    private final String hash;

    private Dataset(DatasetReport report, DatasetExamples training, DatasetExamples heldOut, String hash) {
        this.report = report;
        this.training = training;
        this.heldOut = heldOut;
        this.hash = hash;
    }

    /**
     * Reads a file.
     *
     * @throws DatasetException if there is no such file, it is too large or no text, or none of its rows can be used
     */
    public static Dataset open(Path file, DatasetOptions options, ExampleEncoder encoder) {
        DatasetFile source = new DatasetFile(file, options.format(), options.limits());
        Reading reading = new Reading(options, encoder);
        source.read(reading);
        if (reading.index.examples() == 0) {
            throw new DatasetException(file, reading.nothing(), reading.problems);
        }
        return new Dataset(
                reading.report(source.format().orElseThrow()),
                new DatasetExamples(
                        file,
                        source.parser(),
                        encoder,
                        reading.index,
                        reading.training.build().toArray()),
                new DatasetExamples(
                        file,
                        source.parser(),
                        encoder,
                        reading.index,
                        reading.heldOut.build().toArray()),
                HexFormat.of().formatHex(reading.hash.digest()));
    }

    public DatasetReport report() {
        return report;
    }

    /** What is trained on, in the order of the file. */
    public DatasetExamples training() {
        return training;
    }

    /** What is held out, in the order of the file; empty if nothing is, and possibly where there are few rows. */
    public DatasetExamples heldOut() {
        return heldOut;
    }

    /**
     * SHA-256 in hex over the usable rows in their order, of what they say and not of how the file spells it: the lineage
     * of what was trained on them.
     */
    public String hash() {
        return hash;
    }

    /** The first 64 bits of a row's digest. */
    static long fingerprint(byte[] digest) {
        return ByteBuffer.wrap(digest).getLong();
    }

    /** The first 128 bits of a digest: enough to tell rows apart. */
    private record Key(long first, long second) {
        static Key of(byte[] digest) {
            ByteBuffer bytes = ByteBuffer.wrap(digest);
            return new Key(bytes.getLong(), bytes.getLong());
        }
    }

    /** What is gathered while the file is read. */
    private static final class Reading implements DatasetFile.Handler {
        private final DatasetOptions options;
        private final ExampleEncoder encoder;
        private final DatasetIndex index = new DatasetIndex();
        private final IntStream.Builder training = IntStream.builder();
        private final IntStream.Builder heldOut = IntStream.builder();
        private final Set<Key> seen = new HashSet<>();
        private final MessageDigest hash = RowDigest.sha256();
        private final List<RowProblem> problems = new ArrayList<>();
        private final PriorityQueue<LongRow> longest = new PriorityQueue<>(
                Comparator.comparingLong(LongRow::tokens).thenComparing(LongRow::line, Comparator.reverseOrder()));
        private int duplicateRows;
        private int invalidRows;
        private long tokens;
        private long learnedTokens;

        Reading(DatasetOptions options, ExampleEncoder encoder) {
            this.options = options;
            this.encoder = encoder;
        }

        @Override
        public void row(RawRow raw, DatasetRow row) {
            byte[] digest = RowDigest.of(row);
            Key key = Key.of(digest);
            if (seen.contains(key)) {
                duplicateRows++;
                return;
            }
            List<TrainingExample> examples = encoder.encode(row);
            seen.add(key);
            hash.update(digest);
            index.addRow(raw, key.first());
            boolean isHeldOut = isHeldOut(key.first());
            long rowTokens = 0;
            for (int part = 0; part < examples.size(); part++) {
                TrainingExample example = examples.get(part);
                (isHeldOut ? heldOut : training).add(index.addExample(part, example));
                rowTokens += example.tokens().length;
                learnedTokens += example.learnedTokens();
            }
            tokens += rowTokens;
            longest.add(new LongRow(raw.line(), rowTokens));
            if (longest.size() > options.shownProblems()) {
                longest.remove();
            }
        }

        /** By content and seed alone, so that a row keeps its side when others come or go. */
        private boolean isHeldOut(long fingerprint) {
            long bits = SeededOrder.mix(fingerprint ^ SeededOrder.mix(options.seed()));
            return (bits >>> 11) * 0x1p-53 < options.heldOutFraction();
        }

        @Override
        public void problem(RowProblem problem) {
            invalidRows++;
            if (problems.size() < options.shownProblems()) {
                problems.add(problem);
            }
        }

        String nothing() {
            return problems.isEmpty()
                    ? "it holds no rows; write at least one"
                    : "none of its %d rows can be used; %s".formatted(invalidRows, problems.getFirst());
        }

        DatasetReport report(DatasetFormat format) {
            List<LongRow> longRows =
                    longest.stream().sorted(longest.comparator().reversed()).toList();
            int usable = index.rows();
            return new DatasetReport(
                    format,
                    usable + duplicateRows + invalidRows,
                    usable,
                    duplicateRows,
                    invalidRows,
                    index.examples(),
                    tokens,
                    learnedTokens,
                    problems,
                    longRows);
        }
    }
}
