"""CloudTrail Insights: unusual rates of calls and of errors, found by counting.

    detection.py      Insights, found as time passes, and their events
    unusual_rates.py  when a minute is unusual: part 2 of the rule
    counts.py         what is counted, by minute and by hour

AWS documents what an Insights event says, and that each API's per-minute rate is compared with its
baseline. It does not publish how unusual a rate must be, so the rule below is ours. It finds the
three examples of the user guide (20 to 100 calls a minute, 20 to 0, under one error in seven days
to 12 a minute) and AWS's sample events (4 calls in a minute against 18 in a week).

**The rule.** Calls are counted per minute, API and, for the error rate, error code.

1. The *baseline* is the mean per minute over the seven days before, from the start of a whole
   hour; over less if counting began later. No Insight starts during `warm_up`.
2. A minute is *unusual* when its count is at least `LEAST_UNUSUAL_COUNT` and above the baseline,
   or below it, and all of this holds:
   - Poisson arrivals at the baseline's rate would give such a count at most once in
     `UNUSUAL_ONCE_IN` minutes (the Chernoff bound; an API never seen is taken as seen once);
   - it goes beyond what recurs: fewer than `RECURRENT_HOURS` hours of the baseline have had a
     minute as extreme. So an hourly batch job, or calls only in working hours, are usual.
3. An Insight starts with the first unusual minute and ends with the last one that is followed
   by `USUAL_MINUTES_TO_END` usual ones, or after `LONGEST_INSIGHT`: then the new rate is the
   norm. Its baseline stays what it was at the start.

`ApiCallRateInsight` counts management events that write and all data events. `ApiErrorRateInsight`
counts all management and data events with an error code (see
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_InsightSelector.html).

Memory is limited: for each API at most 169 hourly summaries are kept, each with at most
`MOST_VALUES` attribution values of a kind.

Sources of the events' shape: UG/logging-insights-events-with-cloudtrail,
UG/cloudtrail-event-reference-insight-details, and real events.
"""
