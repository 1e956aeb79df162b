"""What the exercises call: a student's answer comes in, one line or a report goes out.

One module of checks for each assignment holds an oracle, misconceptions and cases for each
exercise. The `engine` judges an answer by them. It asks whether the answer has the right form
(`forms`), compares it (`answers`), names the likely cause (`hints`) and writes it down (`report`,
`verdicts`). The modules of checks make leaves for an answer (`leaves`) and share some arithmetic
(`arithmetic`)."""
