import { DoorOpen, FolderPlus } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "../api";
import { useText } from "../i18n/text";
import { stateText } from "../people/words";
import { SchoolBadge } from "../ui/avatar";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Checkbox, TextArea, TextField } from "../ui/field";
import { Badge, EmptyState } from "../ui/marks";
import style from "./accounts.module.css";
import { ADMINISTRATION, type Part } from "./overview";

/** List the projects, and found more. */
export function Projects({ overview, again }: Part) {
  const t = useText();
  return (
    <>
      <div className={style.row}>
        <ProjectDialog overview={overview} again={again} />
      </div>
      {overview.projects.length === 0 && (
        <EmptyState icon={DoorOpen} title={t("accounts.projects.none")}>
          {t("accounts.projects.none.text")}
        </EmptyState>
      )}
      <ul className={style.list}>
        {overview.projects.map((one) => (
          <li key={one.id} className={style.item}>
            <span className={style.itemWords}>
              <span>
                {one.title} <Badge>{stateText(t, one.state)}</Badge>
              </span>
              <span className={style.soft}>
                {t("accounts.projects.members", { count: one.members })}
              </span>
            </span>
            <span className={style.roomSchools}>
              {one.schools.map((school) => (
                <SchoolBadge key={school.id} school={school} />
              ))}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function ProjectDialog({ overview, again }: Part) {
  const t = useText();
  const teachers = overview.staff.filter((one) => one.kind === "teacher" && !one.disabled);

  // What is written stands in the form alone: each project begins with an empty one.
  async function found(form: FormData) {
    const founders = form.getAll("founder");
    const words = { title: form.get("title"), description: form.get("description") };
    await api.post(`${ADMINISTRATION}/projects`, { ...words, founders });
    again();
  }

  return (
    <FormDialog
      title={t("accounts.projects.add")}
      action={t("accounts.new.action")}
      onSubmit={found}
      button={
        <Button variant="primary" icon={FolderPlus}>
          {t("accounts.projects.add")}
        </Button>
      }
    >
      <TextField
        autoFocus
        isRequired
        name="title"
        label={t("accounts.new.title")}
        maxLength={200}
        autoComplete="off"
      />
      <TextArea name="description" label={t("accounts.new.description")} maxLength={4000} />
      <Choices label={t("accounts.projects.founders")} none={t("accounts.projects.no_teachers")}>
        {teachers.map((one) => (
          <Checkbox key={one.id} name="founder" value={one.id}>
            {one.name}{" "}
            <span className={style.soft}>
              {overview.schools.find((school) => school.id === one.school_id)?.name}
            </span>
          </Checkbox>
        ))}
      </Choices>
    </FormDialog>
  );
}

function Choices({
  label,
  none,
  children,
}: {
  label: string;
  none: string;
  children: ReactNode[];
}) {
  return (
    <fieldset className={style.choicesBox}>
      <legend className={style.choicesLabel}>{label}</legend>
      {children.length === 0 && <p className={style.soft}>{none}</p>}
      {children}
    </fieldset>
  );
}
