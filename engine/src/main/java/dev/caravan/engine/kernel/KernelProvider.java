package dev.caravan.engine.kernel;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the {@link Kernels} of this machine. */
public final class KernelProvider {
    private static final Logger log = LoggerFactory.getLogger(KernelProvider.class);

    /** The library of oneDNN for large products: a path, or a name that the system's loader knows; for all kernels. */
    static final String ONE_DNN = "caravan.kernel.onednn";

    /** {@code f32}, or {@code bf16} for speed at the cost of exactness. */
    static final String ONE_DNN_PRECISION = "caravan.kernel.onednn.precision";

    private static final String ONE_DNN_ENVIRONMENT = "CARAVAN_ONEDNN";
    private static final String ONE_DNN_PRECISION_ENVIRONMENT = "CARAVAN_ONEDNN_PRECISION";

    private KernelProvider() {}

    /**
     * The fastest exact kernels that this JVM can run, on so many threads (the caller included), or oneDNN's for large
     * products where the settings name it.
     *
     * @throws IllegalArgumentException if {@code threads} is below 1, or a setting is wrong
     */
    public static Kernels create(int threads) {
        if (!ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            log.warn(
                    "kernels=scalar threads={}; start Java with --add-modules=jdk.incubator.vector, or answers come"
                            + " many times slower",
                    threads);
            return new ScalarKernels(new WorkerPool(threads));
        }
        String library = setting(ONE_DNN, ONE_DNN_ENVIRONMENT);
        if (library.isEmpty()) {
            log.info("kernels=vector bits={} threads={}", Lanes.FLOATS.vectorBitSize(), threads);
            return new VectorKernels(new WorkerPool(threads));
        }
        OneDnnPrecision precision = precision(setting(ONE_DNN_PRECISION, ONE_DNN_PRECISION_ENVIRONMENT));
        OneDnn oneDnn = new OneDnn(library);
        log.info("kernels=onednn precision={} bits={} threads={}", precision, Lanes.FLOATS.vectorBitSize(), threads);
        WorkerPool pool = new WorkerPool(threads);
        return new VectorKernels(pool, new OneDnnLinear(oneDnn, precision, pool));
    }

    private static String setting(String property, String environment) {
        String set = System.getProperty(property);
        return set != null ? set : System.getenv().getOrDefault(environment, "");
    }

    private static OneDnnPrecision precision(String name) {
        return switch (name) {
            case "", "f32" -> OneDnnPrecision.F32;
            case "bf16" -> OneDnnPrecision.BF16;
            default ->
                throw new IllegalArgumentException(
                        "%s must be f32 or bf16, not '%s'.".formatted(ONE_DNN_PRECISION_ENVIRONMENT, name));
        };
    }

    /** The plain loops on the caller's thread alone: the truth that the other kernels are tested against. */
    public static Kernels scalar() {
        return new ScalarKernels(new WorkerPool(1));
    }
}
