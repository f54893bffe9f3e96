package dev.caravan.server.vectorstores;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import java.time.Clock;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The ingestion as jobs of db-scheduler. */
@Configuration(proxyBeanMethods = false)
class IngestionTasks {

    static final String INGEST = "ingest-document";

    private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
    private static final Duration RECONCILIATION_INTERVAL = Duration.ofSeconds(30);

    @Bean
    OneTimeTask<Void> ingestDocument(IngestionJob job) {
        FailureHandler<Void> retry = FailureHandler.<Void>maxRetries(IngestionJob.MAX_ATTEMPTS)
                .withBackoff(FIRST_RETRY, 2)
                .thenRemove();
        return Tasks.oneTime(INGEST)
                .onFailure(retry)
                .onDeadExecutionRevive()
                .execute((instance, context) -> job.run(IngestionJob.Key.parse(instance.getId())));
    }

    /** Gives a job to every file that waits without one, whatever led to that. */
    @Bean
    RecurringTask<Void> reconcileIngestion(
            VectorStoreFileRepository repository,
            OneTimeTask<Void> ingestDocument,
            ObjectProvider<SchedulerClient> scheduler,
            Clock clock) {
        return Tasks.recurring("reconcile-ingestion", FixedDelay.of(RECONCILIATION_INTERVAL))
                .execute((instance, context) -> repository
                        .withoutJob(INGEST)
                        .forEach(key -> scheduler
                                .getObject()
                                .scheduleIfNotExists(ingestDocument.instance(key.toString()), clock.instant())));
    }
}
