package dev.caravan.bench;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.train.BatchSource;
import dev.caravan.engine.train.Trainer;
import dev.caravan.engine.train.TrainingBatches;
import dev.caravan.engine.train.TrainingConfig;
import dev.caravan.engine.train.TrainingListener;
import dev.caravan.engine.train.TrainingPass;
import dev.caravan.engine.train.TrainingPlan;
import dev.caravan.engine.train.TrainingStep;
import dev.caravan.engine.train.dataset.ExampleSet;
import dev.caravan.engine.train.dataset.PackedBatch;
import dev.caravan.engine.train.dataset.Packing;
import dev.caravan.engine.train.dataset.PackingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Caravan's side of {@link TrainBench}, in a JVM of its own: the trainer of {@code ./caravan train} on given tokens. */
final class TrainSide {
    private static final long SEED = 1;
    /** getrusage's kilobytes in a million of which the peer counts. */
    private static final double GIGABYTE = 1024e6;

    private TrainSide() {}

    /** Arguments: the model's folder, the file of examples, the most tokens of a batch, threads, megabytes to train in. */
    public static void main(String[] arguments) throws IOException {
        ExampleSet examples = ExampleSet.of(TrainingExamples.read(Path.of(arguments[1])));
        int tokensPerBatch = Integer.parseInt(arguments[2]);
        long budgetBytes = Long.parseLong(arguments[4]) << 20;
        LoraConfig config = LoraConfig.of(16, 32);
        Path folder = Files.createTempDirectory("caravan-bench");
        try (Checkpoint checkpoint = Checkpoints.open(Path.of(arguments[0]));
                Kernels kernels = KernelProvider.create(Integer.parseInt(arguments[3]))) {
            Decoder decoder = Decoders.load(checkpoint);
            LoraAdapter adapter = LoraAdapter.initial(config, decoder, SEED);
            TrainingPlan plan = TrainingPlan.of(decoder, config, tokensPerBatch, budgetBytes);
            System.err.println(plan);
            TrainingPass pass = new TrainingPass(decoder, kernels, adapter, tokensPerBatch, plan);
            List<List<PackedBatch>> steps = steps(examples, tokensPerBatch);
            TrainingConfig training = TrainingConfig.DEFAULT
                    .with()
                    .learningRate(2e-4)
                    .maxSteps(steps.size())
                    .build();
            new Trainer(pass, TrainingBatches.of(BatchSource.of(steps)), training, folder, new Printer())
                    .train(() -> false);
        } finally {
            delete(folder);
        }
    }

    private static List<List<PackedBatch>> steps(ExampleSet examples, int tokensPerBatch) {
        Packing packing = Packing.plan(examples, new PackingOptions(tokensPerBatch, SEED), 0);
        return IntStream.range(0, packing.size())
                .mapToObj(batch -> List.of(packing.batch(batch, examples)))
                .toList();
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** A line for each step, as the peer prints it. */
    private static final class Printer implements TrainingListener {
        @Override
        public void onStep(TrainingStep step) {
            System.out.println(TrainingSteps.line(
                    step.step() - 1,
                    step.tokensPerSecond(),
                    step.loss(),
                    step.peakMemoryBytes() / GIGABYTE,
                    step.tokens()));
        }
    }

    /** The number of tokens that a model knows. */
    static int vocabulary(Path model) {
        try (Checkpoint checkpoint = Checkpoints.open(model)) {
            return Math.toIntExact(checkpoint.config().integer("vocab_size"));
        }
    }
}
