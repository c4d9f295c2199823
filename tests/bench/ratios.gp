# What dnchatd reaches of the limit, scenario by scenario, as a picture:
# gnuplot -e "data='ratios.dat'; out='ratios.svg'" ratios.gp
set terminal svg size 720,420 font "sans,12" background "white"
set output out
set title "dnchatd beside a bare epoll server of the same semantics (= 1)"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set boxwidth 0.9
set yrange [0:1.4]
set ytics 0.25
set grid ytics linecolor "#dddddd"
set xtics rotate by 35 right offset 0,-0.2 scale 0
set bmargin 6
set key outside top center horizontal
set border 3 linecolor "#888888"
plot data using 2:xtic(1) title "messages a second (or 1 / latency)" \
	linecolor "#2f6fab", \
	"" using 3 title "messages a CPU second" linecolor "#c98a2d", \
	1 title "" linecolor "#888888" dashtype 2
