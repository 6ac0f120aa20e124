import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconBuildingBank } from "@tabler/icons-react";
import * as kakeru from "../../api/kakeru";
import { settle } from "../../api/owed";
import { Notice } from "../../parts/Notice";
import { useAsk } from "../account/useAsk";

/** Goes to the ward's own directory to sign in, where there is one. It comes back to the first page. */
export function ByDirectory() {
  const { data: label } = useQuery({ queryKey: ["directory"], queryFn: kakeru.getDirectory, retry: false });
  const { asking, failure, ask } = useAsk();
  if (!label) return null;
  return (
    <>
      <Button
        variant="default"
        size="md"
        fullWidth
        leftSection={<IconBuildingBank size={20} aria-hidden />}
        loading={asking}
        onClick={() => void ask(async () => {
          await settle();
          location.assign(await kakeru.toDirectory());
        })}
      >
        {label}
      </Button>
      {failure && <Notice tone="bad">{failure}</Notice>}
    </>
  );
}

const troubles = ["down", "set", "again", "wrong", "refused", "nobody", "many", "ours"] as const;

/** Why the directory brought somebody back without a session, by what the address says. */
export function directoryTrouble(): (typeof troubles)[number] | null {
  const said = new URLSearchParams(location.search).get("directory");
  return troubles.find((trouble) => trouble === said) ?? null;
}
