package dev.caravan.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The program behind {@code ./caravan bench}. */
public final class BenchCommand {
    private static final String USAGE = """
            usage: ./caravan bench decode|prefill|batch [--model FILE] [--peer LLAMA_BENCH] [--threads N] [--rounds N]
              decode     tokens per second of an answer of 64 tokens
              prefill    tokens per second of a prompt of 512 tokens
              batch      tokens per second of 1, 2, 4 and 8 answers of 64 tokens at once; without a peer
              --model    a .gguf file; without it Gemma 3 270M among the pulled models
              --peer     llama.cpp's program llama-bench; without it the one on the PATH
              --threads  of both sides; 2 without it
              --rounds   of each side, in turn; 3 without it""";

    private static final Set<String> OPTIONS = Set.of("--model", "--peer", "--threads", "--rounds");

    private BenchCommand() {}

    /** Runs one benchmark; exits with 2 on wrong usage and with 1 when it cannot be run. */
    public static void main(String[] arguments) {
        try {
            Bench bench = parse(List.of(arguments));
            bench.run(System.out, Path.of("bench", "results"));
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage());
            System.err.println(USAGE);
            System.exit(2);
        } catch (IOException failure) {
            System.err.println(failure.getMessage());
            System.exit(1);
        }
    }

    static Bench parse(List<String> arguments) {
        if (arguments.isEmpty()) {
            throw new IllegalArgumentException("bench takes what to measure, decode, prefill or batch.");
        }
        boolean isBatch = arguments.getFirst().equals("batch");
        EndToEndBench.Work work = isBatch ? EndToEndBench.Work.DECODE : EndToEndBench.Work.named(arguments.getFirst());
        Map<String, String> options = options(arguments.subList(1, arguments.size()));
        Path model = options.containsKey("--model") ? Path.of(options.get("--model")) : pulledModel();
        if (!Files.isRegularFile(model)) {
            throw new IllegalArgumentException(
                    "There is no model %s; run ./caravan models pull gemma-3-270m, or give --model.".formatted(model));
        }
        int threads = number(options, "--threads", 2, 1024);
        int rounds = number(options, "--rounds", 3, 100);
        if (isBatch) {
            return new BatchBench(model, threads, rounds);
        }
        Path peer = options.containsKey("--peer") ? Path.of(options.get("--peer")) : peerOnPath();
        if (!Files.isExecutable(peer)) {
            throw new IllegalArgumentException(
                    "There is no program %s; build llama.cpp and give --peer.".formatted(peer));
        }
        return new EndToEndBench(work, model, peer, threads, rounds);
    }

    private static Map<String, String> options(List<String> arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.size(); i += 2) {
            String option = arguments.get(i);
            if (!OPTIONS.contains(option)) {
                throw new IllegalArgumentException("bench does not know '%s'.".formatted(option));
            }
            if (i + 1 == arguments.size()) {
                throw new IllegalArgumentException(option + " takes a value.");
            }
            options.put(option, arguments.get(i + 1));
        }
        return options;
    }

    private static int number(Map<String, String> options, String option, int otherwise, int most) {
        String text = options.getOrDefault(option, String.valueOf(otherwise));
        if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > most) {
            throw new IllegalArgumentException(
                    "%s takes a number from 1 to %d, not '%s'.".formatted(option, most, text));
        }
        return Integer.parseInt(text);
    }

    private static Path pulledModel() {
        String home = System.getenv("CARAVAN_HOME");
        Path folder =
                home == null || home.isBlank() ? Path.of(System.getProperty("user.home"), ".caravan") : Path.of(home);
        return folder.resolve(Path.of("models", "gemma-3-270m", "gemma-3-270m-q4_k_m.gguf"));
    }

    private static Path peerOnPath() {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(":", -1))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "llama-bench"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(Path.of("llama-bench"));
    }
}
