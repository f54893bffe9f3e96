package dev.caravan.server.finetuning;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.OutOfMemoryBudgetException;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.SystemMemory;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.train.TrainingBatches;
import dev.caravan.engine.train.TrainingConfig;
import dev.caravan.engine.train.TrainingPlan;
import dev.caravan.engine.train.TrainingPreset;
import dev.caravan.engine.train.dataset.Dataset;
import dev.caravan.engine.train.dataset.DatasetOptions;
import dev.caravan.engine.train.dataset.ExampleEncoder;
import dev.caravan.server.finetuning.OutputFolder.Beginning;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** {@code ./caravan train MODEL DATA}: from the words to the first step. Hands over to {@link TrainSession}. For one run. */
final class TrainRun {
    /** It was cancelled; the shell's number for Ctrl-C. */
    static final int CANCELLED = 130;

    /** The person did not want it, or all was done. */
    static final int DONE = 0;

    /** The JVM itself, and what the system's figure for free memory is too high by. */
    private static final long RESERVE_BYTES = 200L << 20;

    /** Llama 3's and Mi:dm's templates print dates in this way. */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("dd MMM yyyy", Locale.ENGLISH);

    private final CommandContext context;
    private final TrainOptions options;
    private final Path model;
    private final Path data;
    private final String name;
    private final OutputFolder output;

    /** @throws CommandException if there is no such model */
    TrainRun(CommandContext context, TrainOptions options) {
        this.context = context;
        this.options = options;
        this.model = context.model(options.model());
        this.data = context.path(options.data());
        this.name = baseName(options.model(), model);
        this.output = OutputFolder.of(context, options.output(), name, data);
    }

    private static String baseName(String word, Path path) {
        boolean isPath = word.contains("/") || word.endsWith(".gguf") || word.endsWith(".safetensors");
        return isPath ? String.valueOf(path.getFileName()).replaceFirst("\\.(gguf|safetensors)$", "") : word;
    }

    /**
     * Trains.
     *
     * @return the exit status
     * @throws CommandException if it cannot be done
     * @throws OutOfMemoryBudgetException if it does not fit
     */
    int run() {
        output.require(options.isResumed());
        Optional<Beginning> begun = options.isResumed() ? Optional.of(output.beginning()) : Optional.empty();
        String date = begun.map(Beginning::dateString).orElseGet(this::date);
        long budget = options.memoryBytes().orElse(SystemMemory.availableBytes()) - RESERVE_BYTES;
        TrainingPreset preset = options.preset().orElseGet(this::defaultPreset);
        int threads = options.threads().orElse(Runtime.getRuntime().availableProcessors());
        try (TrainingBase base = TrainingBase.open(model, quantization(preset), threads, budget)) {
            begun.ifPresent(beginning -> requireSameWeights(base, beginning));
            ExampleEncoder encoder = encoder(base, date);
            Dataset dataset = dataset(encoder, preset);
            TrainSettings settings = TrainSettings.of(options, preset, dataset, name);
            TrainSummary summary = new TrainSummary(context.result());
            summary.printBase(base, name);
            summary.printData(data, dataset, settings, base);
            LoraAdapter adapter = LoraAdapter.initial(
                            settings.lora(), base.decoder(), settings.training().seed())
                    .withBaseHash(base.weightHash());
            TrainingBatches batches = TrainingBatches.of(dataset, settings.training());
            summary.printTraining(settings, adapter, batches, options.preset().isPresent());
            long room = room(base, budget);
            int batchTokens = settings.training().tokensPerBatch();
            TrainingPlan plan = plan(base, settings, room);
            summary.printMemory(TrainingPlan.leastBytes(base.decoder(), settings.lora(), batchTokens), plan, room);
            output.requireRoom(OutputFolder.bytes(adapter.parameters()));
            summary.printOutput(output, OutputFolder.bytes(adapter.parameters()));
            Questions questions = Questions.of(context, options.questions(), dataset, encoder);
            TrainJob job = new TrainJob(
                    model,
                    options.model(),
                    base,
                    dataset,
                    settings,
                    adapter,
                    batches,
                    plan,
                    output,
                    questions,
                    summary.facts());
            TrainSession session = new TrainSession(context, job);
            return begun.isPresent() ? session.run(begun.get(), true) : begin(job, session, summary, date);
        }
    }

    private static void requireSameWeights(TrainingBase base, Beginning beginning) {
        String now = base.loadIn();
        if (!now.equals(beginning.loadIn())) {
            throw new CommandException(
                    "This training began on weights %s, now they are %s; resume with the same --load-in and --preset."
                            .formatted(beginning.loadIn(), now));
        }
    }

    private int begin(TrainJob job, TrainSession session, TrainSummary summary, String date) {
        Calibration calibration;
        try {
            calibration = session.calibrate();
        } catch (CancellationException early) {
            context.result().println("Cancelled before the first step; nothing was written.");
            return CANCELLED;
        }
        summary.printTime(calibration, job);
        if (context.isTerminal() && !options.isConfirmed() && !isWanted()) {
            context.result().println("Nothing was written.");
            return DONE;
        }
        Beginning beginning = new Beginning(
                date,
                job.base().loadIn(),
                calibration.saveSteps(job.settings().stepTokens()),
                calibration.heldOutLoss());
        output.begin(beginning);
        return session.run(beginning, false);
    }

    private boolean isWanted() {
        String answer = context.ask().apply("Start? [Y/n] ").strip().toLowerCase(Locale.ROOT);
        return answer.isEmpty() || answer.equals("y") || answer.equals("yes");
    }

    private String date() {
        return options.dateString().isEmpty()
                ? DATE.format(LocalDate.now(Clock.system(ZoneId.systemDefault())))
                : options.dateString();
    }

    private TrainingPreset defaultPreset() {
        try (Checkpoint checkpoint = Checkpoints.open(model)) {
            return TrainingPreset.byDefault(TrainingBase.parameters(checkpoint));
        }
    }

    private QuantizationConfig quantization(TrainingPreset preset) {
        QuantizationConfig asked = options.quantization();
        if (asked != null) {
            return asked;
        }
        if (!preset.loadIn4bit()) {
            return QuantizationConfig.NONE;
        }
        // Weights that have four or eight bits already are trained on as they are and as they are served.
        try (Checkpoint checkpoint = Checkpoints.open(model)) {
            return TrainingBase.isPlain(checkpoint) ? QuantizationConfig.NF4 : QuantizationConfig.NONE;
        }
    }

    private ExampleEncoder encoder(TrainingBase base, String date) {
        int context = base.decoder().config().maxPositionEmbeddings();
        int maxLength = options.maxLength().orElse(Math.min(PreviewOptions.DEFAULT_MAX_LENGTH, context));
        if (maxLength > context) {
            throw new CommandException("--max-length %d is more than the %d tokens that the model reads; give less."
                    .formatted(maxLength, context));
        }
        return new ExampleEncoder(base.prompts(), TemplateOptions.DEFAULT.withDateString(date), maxLength);
    }

    private Dataset dataset(ExampleEncoder encoder, TrainingPreset preset) {
        double heldOut = options.heldOut().orElse(preset.heldOut());
        long seed = options.seed().orElse(TrainingConfig.DEFAULT.seed());
        Dataset dataset = Dataset.open(
                data,
                DatasetOptions.DEFAULT.withFormat(options.format().orElse(null)).withHeldOut(heldOut, seed),
                encoder);
        int rows = dataset.report().usableRows();
        if (dataset.training().size() == 0) {
            throw new CommandException(
                    "Of the %d usable rows of %s none is left to train on; give more rows, or a smaller --held-out than %s."
                            .formatted(rows, data.getFileName(), heldOut));
        }
        if (heldOut > 0 && dataset.heldOut().size() == 0) {
            throw new CommandException(
                    "Of the %d usable rows of %s a share of %s holds none out; give a larger --held-out, or --held-out 0 to train without a held-out loss."
                            .formatted(rows, data.getFileName(), heldOut));
        }
        return dataset;
    }

    private static TrainingPlan plan(TrainingBase base, TrainSettings settings, long room) {
        int batchTokens = settings.training().tokensPerBatch();
        try {
            return TrainingPlan.of(base.decoder(), settings.lora(), batchTokens, room);
        } catch (OutOfMemoryBudgetException tooMuch) {
            throw new CommandException(
                    "Training with batches of %,d tokens needs %s beside the weights and has %s; %s, a smaller --r, or close other programs."
                            .formatted(
                                    batchTokens,
                                    ProgressDisplay.bytes(tooMuch.neededBytes()),
                                    ProgressDisplay.bytes(Math.max(0, tooMuch.availableBytes())),
                                    batchTokens > settings.longestTokens()
                                            ? "give --batch-tokens %d or more".formatted(settings.longestTokens())
                                            : "leave out long rows with --max-length"));
        }
    }

    /** What training may take beside the weights: arrays live in Java's heap. */
    private static long room(TrainingBase base, long budget) {
        Runtime runtime = Runtime.getRuntime();
        long heap = runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
        return Math.min(budget - base.weightBytes(), heap - heap / 16);
    }
}
