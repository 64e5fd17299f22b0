def test_a(bench):
    bench.run("x.mp4").fails(4, "no such file")
    bench.run(bench.neighbour).succeeds()
    bench.beside("x.mp4", code=4)
    print(bench.json(bench.neighbour))
