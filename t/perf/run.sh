#!/bin/sh
# usage: B=<build> sh t/perf/run.sh [p10 p20 ...]
#
# Runs what measures, one after the other; PERF_TABLE=FILE gets the rows as a
# table of Markdown.  Ends with 1 if a target was missed.
cd "$(dirname "$0")" || exit 1
missed=0
printf '%-44s %12s %12s %8s %10s\n' work ours peer ratio target
if test "${PERF_TABLE:-}"
then
	printf '| work | ours | peer | ratio | target | |\n' >"$PERF_TABLE"
	printf '|---|---|---|---|---|---|\n' >>"$PERF_TABLE"
fi
for script in p[0-9]*.sh
do
	case " ${*:-$script} " in
	*" $script "*|*" ${script%%-*} "*) sh "$script" || missed=1 ;;
	esac
done
exit $missed
