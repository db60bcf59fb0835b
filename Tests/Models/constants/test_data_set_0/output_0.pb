B
add-tensorJØV+@ºƒ?ãjd?<@ÆØã½Þ¬?