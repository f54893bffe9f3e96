package dev.caravan.bench;

import dev.caravan.engine.train.dataset.TrainingExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * The examples that both sides of {@link TrainBench} learn from: random tokens of fixed seeds, in a file with a line for
 * each example: how many of its tokens are the prompt, then its tokens, with spaces between them.
 */
final class TrainingExamples {
    static final int LONGEST = 512;
    private static final int SHORTEST = 64;
    private static final int EVEN_EXAMPLES = 4;
    private static final int UNEVEN_EXAMPLES = 32;
    private static final long SEED = 20261124;

    private TrainingExamples() {}

    /** Examples of the longest length; each token but the first is learned. */
    static List<TrainingExample> even(int vocabulary) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<TrainingExample> examples = new ArrayList<>();
        for (int i = 0; i < EVEN_EXAMPLES; i++) {
            examples.add(example(LONGEST, 1, vocabulary, random));
        }
        return examples;
    }

    /**
     * Lengths from the shortest to the longest, as many of one octave as of another, as instructions and answers are: many
     * short, few long. From a quarter to three quarters of an example are its answer, which is learned.
     */
    static List<TrainingExample> uneven(int vocabulary) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<TrainingExample> examples = new ArrayList<>();
        for (int i = 0; i < UNEVEN_EXAMPLES; i++) {
            double octaves = Math.log((double) LONGEST / SHORTEST) * random.nextDouble();
            int length = (int) Math.round(SHORTEST * Math.exp(octaves));
            int prompt = (int) Math.round(length * random.nextDouble(0.25, 0.75));
            examples.add(example(length, prompt, vocabulary, random));
        }
        return examples;
    }

    private static TrainingExample example(int length, int prompt, int vocabulary, SplittableRandom random) {
        int[] tokens = random.ints(length, 0, vocabulary).toArray();
        BitSet learned = new BitSet(length);
        learned.set(prompt, length);
        return new TrainingExample(tokens, learned);
    }

    static void write(Path file, List<TrainingExample> examples) throws IOException {
        Files.write(
                file,
                examples.stream()
                        .map(example -> example.learned().nextSetBit(0) + " "
                                + Arrays.stream(example.tokens())
                                        .mapToObj(String::valueOf)
                                        .collect(Collectors.joining(" ")))
                        .toList());
    }

    static List<TrainingExample> read(Path file) throws IOException {
        List<TrainingExample> examples = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            int[] numbers = Arrays.stream(line.split(" ", -1))
                    .mapToInt(Integer::parseInt)
                    .toArray();
            BitSet learned = new BitSet();
            learned.set(numbers[0], numbers.length - 1);
            examples.add(new TrainingExample(Arrays.copyOfRange(numbers, 1, numbers.length), learned));
        }
        return examples;
    }
}
