import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowUpRight, FilePlus2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import { documentsQuery } from "@/api/documents";
import { Button } from "@/components/ui/button";
import { Logo } from "@/components/logo";
import { Spinner } from "@/components/ui/spinner";

interface WelcomeProps {
  vectorStoreId: string | undefined;
  /** Puts a sample question into the composer. */
  onChoose: (question: string) => void;
}

const SAMPLES = ["chat.sampleSummary", "chat.sampleKeyPoints", "chat.sampleNumbers"] as const;

/** The empty conversation: says what can be asked, or that a document is needed first. */
export function Welcome({ vectorStoreId, onChoose }: WelcomeProps) {
  const { data: documents } = useQuery({
    ...documentsQuery(vectorStoreId ?? ""),
    enabled: vectorStoreId !== undefined,
  });
  const readable = documents?.filter((document) => document.status === "completed") ?? [];

  return (
    <div className="flex min-h-0 flex-1 overflow-y-auto px-4 sm:px-6">
      <div className="m-auto w-full max-w-2xl py-10">
        <Logo className="mb-5 size-11" />
        {readable.length > 0 ? (
          <SampleQuestions names={readable.map(({ filename }) => filename)} onChoose={onChoose} />
        ) : (
          documents && <FirstSteps isReading={documents.some((d) => d.status === "in_progress")} />
        )}
      </div>
    </div>
  );
}

interface SampleQuestionsProps {
  names: readonly string[];
  onChoose: (question: string) => void;
}

function SampleQuestions({ names, onChoose }: SampleQuestionsProps) {
  const { t } = useTranslation();
  const questions = SAMPLES.map((sample, at) =>
    t(sample, { name: names[at % names.length] ?? "" }),
  );
  return (
    <>
      <h2 className="text-2xl font-semibold tracking-tight">{t("chat.welcome")}</h2>
      <p className="mt-2 text-muted-foreground">{t("chat.welcomeText")}</p>
      <h3 className="mt-8 mb-2 text-[0.8125rem] font-medium text-muted-foreground">
        {t("chat.sampleQuestions")}
      </h3>
      <ul className="flex flex-col gap-2">
        {questions.map((question) => (
          <li key={question}>
            <button
              type="button"
              className="flex w-full items-center gap-3 rounded-xl border bg-surface px-4 py-3 text-start text-[0.9375rem] transition-colors hover:border-accent"
              onClick={() => onChoose(question)}
            >
              <span className="min-w-0 flex-1">{question}</span>
              <ArrowUpRight className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function FirstSteps({ isReading }: { isReading: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <h2 className="text-2xl font-semibold tracking-tight">{t("chat.noDocuments")}</h2>
      <p className="mt-2 text-muted-foreground">{t("chat.noDocumentsText")}</p>
      <Button asChild look="primary" className="mt-6 h-10 px-4">
        <Link to="/documents">
          <FilePlus2 aria-hidden="true" /> {t("chat.uploadDocuments")}
        </Link>
      </Button>
      {isReading && (
        <p role="status" className="mt-4 flex items-center gap-2 text-sm text-muted-foreground">
          <Spinner /> {t("chat.documentsInProgress")}
        </p>
      )}
    </>
  );
}
