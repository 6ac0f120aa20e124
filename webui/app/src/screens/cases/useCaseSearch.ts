import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as kakeru from "../../api/kakeru";
import { halfWidth } from "../../format/yen";

/** A search for cases while it is typed. What was found is forgotten soon: it is personal data. */
export function useCaseSearch() {
  const [text, setText] = useState("");
  const wanted = halfWidth(text).trim();
  const [asked] = useDebouncedValue(wanted, 250);
  const { data, isFetching, error } = useQuery({
    queryKey: ["case-search", asked],
    queryFn: () => kakeru.searchCases(asked),
    enabled: asked.length >= 2,
    gcTime: 30_000,
    staleTime: 5_000,
  });
  return {
    text,
    setText,
    items: asked.length >= 2 ? (data ?? []) : [],
    /** What is shown is the answer to what stands in the field. */
    settled: asked === wanted && !isFetching,
    tooShort: wanted.length < 2,
    error,
  };
}

export type CaseSearch = ReturnType<typeof useCaseSearch>;
