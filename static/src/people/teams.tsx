import { Plus, UsersRound } from "lucide-react";
import type { ReactElement } from "react";
import { useIntl } from "react-intl";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { type Team, useDirectory } from "../room/directory";
import { Person } from "../room/person";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Checkbox, TextField } from "../ui/field";
import { EmptyState } from "../ui/marks";
import style from "./people.module.css";

const IN_TEAMS = ["teacher-admin", "teacher", "pupil-admin", "pupil"];

/** Show the teams and who is in them; teachers make and change them. */
export function Teams() {
  const t = useText();
  const { locale } = useIntl();
  const { you, send } = useRoom();
  const teams = Object.values(useDirectory((state) => state.teams)).sort((a, b) =>
    a.name.localeCompare(b.name, locale),
  );
  const mayChange = isTeacher(you.role);
  const add = (
    <TeamDialog
      title={t("people.teams.add")}
      button={
        // With the first team it is drawn anew elsewhere, and gets the focus back by its name.
        <Button id="new-team" variant="primary" icon={Plus}>
          {t("people.teams.add")}
        </Button>
      }
      onSave={(name, member_ids) => send("people.create_team", { name, member_ids })}
    />
  );
  if (teams.length === 0) {
    return (
      <EmptyState
        icon={UsersRound}
        title={t("people.teams.none")}
        action={mayChange ? add : undefined}
      >
        {t(mayChange ? "people.teams.none.text" : "people.teams.none.pupil")}
      </EmptyState>
    );
  }
  return (
    <div className={style.stack}>
      {mayChange && <div className={style.bar}>{add}</div>}
      <ul className={style.teams}>
        {teams.map((team) => (
          <TeamCard key={team.id} team={team} mayChange={mayChange} />
        ))}
      </ul>
    </div>
  );
}

function TeamCard({ team, mayChange }: { team: Team; mayChange: boolean }) {
  const t = useText();
  const { send } = useRoom();

  async function save(name: string, member_ids: string[]) {
    if (name.trim() !== team.name) await send("people.rename_team", { team_id: team.id, name });
    await send("people.assign_team", { team_id: team.id, member_ids });
  }

  return (
    <li className={style.team}>
      <h2>{team.name}</h2>
      {team.member_ids.length === 0 && <p className={style.soft}>{t("people.teams.empty")}</p>}
      <ul className={style.teamMembers}>
        {team.member_ids.map((id) => (
          <li key={id}>
            <Person id={id} />
          </li>
        ))}
      </ul>
      {mayChange && (
        <div className={style.bar}>
          <TeamDialog
            title={team.name}
            team={team}
            button={<Button>{t("people.teams.edit")}</Button>}
            onSave={save}
          />
          <FormDialog
            title={t("people.teams.remove")}
            action={t("people.teams.remove")}
            variant="danger"
            button={<Button variant="quiet">{t("people.teams.remove")}</Button>}
            onSubmit={() => send("people.remove_team", { team_id: team.id })}
          >
            <p>{t("people.teams.remove.sure", { name: team.name })}</p>
          </FormDialog>
        </div>
      )}
    </li>
  );
}

function TeamDialog({
  title,
  button,
  team,
  onSave,
}: {
  title: string;
  button: ReactElement;
  team?: Team;
  onSave: (name: string, memberIds: string[]) => Promise<unknown>;
}) {
  const t = useText();
  const { locale } = useIntl();
  const schools = useDirectory((state) => state.schools);
  const members = Object.values(useDirectory((state) => state.members))
    .filter((one) => !one.removed && IN_TEAMS.includes(one.role))
    .sort((a, b) => a.name.localeCompare(b.name, locale));
  // What is chosen stands in the form alone: each time it opens it shows the team as it is then.
  return (
    <FormDialog
      title={title}
      button={button}
      action={t("people.teams.save")}
      onSubmit={(form) => onSave(String(form.get("name")), form.getAll("member").map(String))}
    >
      <TextField
        autoFocus
        isRequired
        name="name"
        label={t("people.teams.name")}
        defaultValue={team?.name ?? ""}
        maxLength={60}
        autoComplete="off"
      />
      <fieldset className={style.choices}>
        <legend className={style.label}>{t("people.teams.members")}</legend>
        {members.map((one) => (
          <Checkbox
            key={one.id}
            name="member"
            value={one.id}
            defaultSelected={team?.member_ids.includes(one.id) ?? false}
          >
            {one.name}{" "}
            <span className={style.soft}>
              {one.school_id ? schools[one.school_id]?.name : undefined}
            </span>
          </Checkbox>
        ))}
      </fieldset>
    </FormDialog>
  );
}
