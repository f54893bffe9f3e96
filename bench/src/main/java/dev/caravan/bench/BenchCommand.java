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
                   ./caravan bench train --model FOLDER [--lengths even|uneven] [--peer-model FOLDER] [--python PYTHON]
                                   [--peer SCRIPT] [--memory MB] [--threads N] [--rounds N]
              decode     tokens per second of an answer of 64 tokens
              prefill    tokens per second of a prompt of 512 tokens
              batch      tokens per second of 1, 2, 4 and 8 answers of 64 tokens at once; without a peer
              train      tokens per second and peak memory of training an adapter, beside PEFT
              --model    a .gguf file; without it Gemma 3 270M among the pulled models. For train a model's folder
              --peer     llama.cpp's program llama-bench; without it the one on the PATH. For train a script that takes
                         MODEL TOKENS BATCH 4bit gc; without it bench/peers/qlora.py
              --lengths  even: 1 x 512 tokens a step, all learned; uneven: 64 to 512 tokens, answers learned, which the
                         peer pads by fours and Caravan packs; even without it
              --peer-model   the folder that the peer loads; the one of --model without it
              --memory   megabytes that Caravan may train in, beside the weights; 1280 without it
              --python   an interpreter with torch, transformers, peft and bitsandbytes; python3 without it
              --threads  of both sides; 2 without it
              --rounds   of each side, in turn; 3 without it""";

    private static final Set<String> OPTIONS = Set.of("--model", "--peer", "--threads", "--rounds");
    private static final Set<String> TRAIN_OPTIONS =
            Set.of("--model", "--peer", "--threads", "--rounds", "--lengths", "--peer-model", "--python", "--memory");

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
            throw new IllegalArgumentException("bench takes what to measure, decode, prefill, batch or train.");
        }
        if (arguments.getFirst().equals("train")) {
            return train(options(arguments.subList(1, arguments.size()), TRAIN_OPTIONS));
        }
        boolean isBatch = arguments.getFirst().equals("batch");
        EndToEndBench.Work work = isBatch ? EndToEndBench.Work.DECODE : EndToEndBench.Work.named(arguments.getFirst());
        Map<String, String> options = options(arguments.subList(1, arguments.size()), OPTIONS);
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

    private static Bench train(Map<String, String> options) {
        if (!options.containsKey("--model")) {
            throw new IllegalArgumentException("bench train takes --model, the folder of the model to train on.");
        }
        Path model = Path.of(options.get("--model"));
        Path peerModel = Path.of(options.getOrDefault("--peer-model", options.get("--model")));
        for (Path folder : List.of(model, peerModel)) {
            if (!Files.isRegularFile(folder.resolve("config.json"))) {
                throw new IllegalArgumentException("%s is no folder with a config.json.".formatted(folder));
            }
        }
        TrainBench.Lengths lengths = switch (options.getOrDefault("--lengths", "even")) {
            case "even" -> TrainBench.Lengths.EVEN;
            case "uneven" -> TrainBench.Lengths.UNEVEN;
            default -> throw new IllegalArgumentException("--lengths takes even or uneven.");
        };
        Path script = options.containsKey("--peer") ? Path.of(options.get("--peer")) : TrainBench.Peer.OWN;
        if (!Files.isRegularFile(script)) {
            throw new IllegalArgumentException("There is no script %s.".formatted(script));
        }
        if (options.containsKey("--peer") && lengths == TrainBench.Lengths.UNEVEN) {
            throw new IllegalArgumentException("--peer is for even lengths; the peer of uneven ones pads by itself.");
        }
        return new TrainBench(
                lengths,
                model,
                number(options, "--memory", 1280, 9999),
                peerModel,
                new TrainBench.Peer(Path.of(options.getOrDefault("--python", "python3")), script),
                number(options, "--threads", 2, 1024),
                number(options, "--rounds", 3, 100));
    }

    private static Map<String, String> options(List<String> arguments, Set<String> known) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.size(); i += 2) {
            String option = arguments.get(i);
            if (!known.contains(option)) {
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
