"""What the exercises call: a student's answer comes in, one line or a report goes out.

One module of checks for each assignment says how each answer is asked: on which cases, with which
leaves (`leaves`) and functions (`families`), and whether autograd is refused (`by_hand`). The
`engine` calls the answer, makes plain data of what it gives (`plain`), and has ``plainjudge`` say
the verdict by the key that lies beside the assignment (`keys`); it writes down what only the
notebook knows (`report`, `hints`, `verdicts`).
The grader asks through `probing`, and judges elsewhere. No module here holds a right answer.
"""
