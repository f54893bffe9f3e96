package dev.caravan.engine.kernel;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the {@link Kernels} of this machine. */
public final class KernelProvider {
    private static final Logger log = LoggerFactory.getLogger(KernelProvider.class);

    private KernelProvider() {}

    /**
     * The fastest kernels that this JVM can run, on so many threads (the caller included).
     *
     * @throws IllegalArgumentException if {@code threads} is below 1
     */
    public static Kernels create(int threads) {
        if (!ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            log.warn(
                    "kernels=scalar threads={}; start Java with --add-modules=jdk.incubator.vector, or answers come"
                            + " many times slower",
                    threads);
            return new ScalarKernels(new WorkerPool(threads));
        }
        log.info("kernels=vector bits={} threads={}", Lanes.FLOATS.vectorBitSize(), threads);
        return new VectorKernels(new WorkerPool(threads));
    }

    /** The plain loops on the caller's thread alone: the truth that the other kernels are tested against. */
    public static Kernels scalar() {
        return new ScalarKernels(new WorkerPool(1));
    }
}
